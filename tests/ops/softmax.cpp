#include "ops/softmax.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/tape/tape.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// A mask (2, 3) whose second row has no true entry.
Tensor some_mask(Device device) { return Tensor::from_bools({true, false, true, false, false, false}, {2, 3}, device); }

}  // namespace

TEST_CASE("softmax: a masked place is 0 (-inf), so is a row that is all masked, and no gradient is NaN") {
  for (const Device& d : devices()) {
    const Tensor x = f64({0, 5, 0, 1, 2, 3}, {2, 3}, d);
    check_equal(softmax(x, -1, some_mask(d)), {2, 3}, {0.5, 0, 0.5, 0, 0, 0});
    const double l = -0.6931471805599453;
    check_equal(log_softmax(x, -1, some_mask(d)), {2, 3}, {l, -inf, l, -inf, -inf, -inf});
    for (const bool create_graph : {false, true}) {
      Tape tape;
      const Tensor known = tape.watch(x);
      const Tensor seed = f64({1, 1, 2, 1, 1, 1}, {2, 3}, d);
      const std::vector<Tensor> inputs{known};
      const Tensor y = softmax(known, -1, some_mask(d)), z = log_softmax(known, -1, some_mask(d));
      check_equal(tape.grad(y, inputs, create_graph, seed)[0], {2, 3}, {-0.25, 0, 0.25, 0, 0, 0});
      check_equal(tape.grad(z, inputs, create_graph, seed)[0], {2, 3}, {-0.5, 0, 0.5, 0, 0, 0});
    }
  }
}
