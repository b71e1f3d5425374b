#include "ops/matmul.h"

#include <doctest/doctest.h>

#include "core/tape/tape.h"
#include "ops/accumulate.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "ops/shape.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("matmul: gradients of one weight in two products join") {
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor w = tape.watch(f64({1, 2, 3, 4}, {2, 2}, d)), x = f64({1, 0, 0, 1}, {2, 2}, d);
    const Tensor y = sum(matmul(x, w)) + sum(matmul(w, x * 2.0)) + sum(linear(x, w));
    const std::vector<Tensor> inputs{w};
    check_equal(tape.grad(y, inputs)[0], {2, 2}, {4, 4, 4, 4});
  }
}
