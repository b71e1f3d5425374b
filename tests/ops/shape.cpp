#include "ops/shape.h"

#include <doctest/doctest.h>

#include "core/tape/tape.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("concat: as many pieces as asked, each with its gradient") {
  for (const Device& d : devices()) {
    Tape tape;
    std::vector<Tensor> pieces;
    for (int i = 0; i < 100; ++i) pieces.push_back(tape.watch(f64({i + 0.5}, {1, 1}, d)));
    const Tensor y = sum(square(concat(pieces, 1)));
    const std::vector<Tensor> gradients = tape.grad(y, pieces);
    for (int i = 0; i < 100; ++i) CHECK(gradients[static_cast<size_t>(i)].item() == doctest::Approx(2 * i + 1));
  }
}
