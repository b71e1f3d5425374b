#include "ops/dropout.h"

#include <doctest/doctest.h>

#include "core/tape/tape.h"
#include "core/tensor/lengths.h"
#include "ops/index.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("dropout: keeps about 1 - p, scaled so that the mean stays") {
  for (const Device& d : devices()) {
    Rng rng(3);
    const std::vector<double> y = values(dropout(Tensor::ones({100, 100}, DType::f32, d), 0.25, rng));
    double kept = 0;
    for (const double value : y) {
      CHECK((value == 0 || value == doctest::Approx(1 / 0.75)));
      kept += value != 0;
    }
    CHECK(kept / 10000 == doctest::Approx(0.75).epsilon(0.03));
  }
}

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

TEST_CASE("locked_dropout: one mask for all steps") {
  for (const Device& d : devices()) {
    Rng rng(1);
    const Tensor y = locked_dropout(Tensor::ones({3, 4, 5}, DType::f64, d), 0.5, rng);
    CHECK(values(y[0]) == values(y[1]));
    CHECK(values(y[0]) == values(y[2]));
    CHECK(values(y[0][0]) != values(y[0][1]));
  }
}
