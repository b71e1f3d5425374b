#include "ops/reduce.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/tape/tape.h"
#include "ops/elementwise.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("max: winners that are equal share the gradient") {
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor x = tape.watch(f64({3, 3, 1, 2}, {2, 2}, d));
    const Tensor y = sum(amax(x, 1));
    const std::vector<Tensor> inputs{x};
    check_equal(tape.grad(y, inputs)[0], {2, 2}, {0.5, 0.5, 0, 1});
  }
}

TEST_CASE("logsumexp: no overflow, and rows of -inf have no gradient") {
  for (const Device& d : devices()) {
    const double inf = std::numeric_limits<double>::infinity();
    check_equal(logsumexp(f64({1000, 1000}, {2}, d)), {}, {1000.6931471805599});
    Tape tape;
    const Tensor x = tape.watch(f64({-inf, -inf, 0, -inf}, {2, 2}, d));
    const Tensor y = logsumexp(x, 1);
    check_equal(y, {2}, {-inf, 0});
    const std::vector<Tensor> inputs{x};
    check_equal(tape.grad(y, inputs, false, f64({1, 1}, {2}, d))[0], {2, 2}, {0, 0, 1, 0});
    check_equal(logsumexp(f64({inf, 0}, {2}, d)), {}, {inf});
  }
}
