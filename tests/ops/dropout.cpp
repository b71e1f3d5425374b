#include "ops/math/dropout.h"

#include <doctest/doctest.h>

#include "core/tape/tape.h"
#include "core/tensor/lengths.h"
#include "ops/math/index.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("dropout: the same seed draws the same mask, the next draw another, on every device") {
  std::vector<double> first;
  for (const Device& d : devices()) {
    Rng rng(3), again(3);
    const Tensor x = Tensor::ones({8, 8}, DType::f64, d);
    const std::vector<double> a = values(dropout(x, 0.5, rng)), b = values(dropout(x, 0.5, again)),
                              c = values(dropout(x, 0.5, rng));
    CHECK(a == b);
    CHECK(a != c);
    if (first.empty()) first = a;
    CHECK(a == first);
  }
}

TEST_CASE("dropout: packed rows draw what the padded ones draw") {
  for (const Device& d : devices()) {
    const Lengths lengths({2, 3}, 3, d);
    Rng padded_rng(5), packed_rng(5), locked_rng(6), packed_locked_rng(6);
    const Tensor x = Tensor::ones({3, 2, 4}, DType::f64, d), rows = Tensor::ones({5, 4}, DType::f64, d);
    const Tensor padded = dropout(x, 0.5, padded_rng).reshape({6, 4});
    check_equal(dropout(rows, 0.5, packed_rng, lengths.packed_rows()), {5, 4},
                values(gather_rows(padded, lengths.packed_rows())));
    const Tensor locked = locked_dropout(x, 0.5, locked_rng).reshape({6, 4});
    check_equal(dropout(rows, 0.5, packed_locked_rng, lengths.batch_rows()), {5, 4},
                values(gather_rows(locked, lengths.packed_rows())));
  }
}
