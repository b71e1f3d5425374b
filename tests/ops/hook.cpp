#include "ops/base/hook.h"

#include <doctest/doctest.h>

#include "core/record/record.h"
#include "core/watch/replay.h"
#include "ops/base/twin.h"
#include "ops/gradcheck.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;
using Xs = std::span<const Tensor>;

TEST_CASE("on_gradient: the hook sees the whole gradient once, and may change it") {
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor x = tape.watch(f64({1, 2}, {2}, d));
    std::vector<std::vector<double>> seen;
    const Tensor y = on_gradient(x * 3.0, [&seen](const Tensor& dy) {
      seen.push_back(dy.to_vector<double>());
      return clamp(dy, -5, 5);
    });
    check_equal(y, {2}, {3, 6});
    check_equal(tape.grad(sum(y * y) + sum(y), {x})[0], {2}, {15, 15});
    CHECK(seen == std::vector<std::vector<double>>{{7, 13}});
  }
}

TEST_CASE("on_gradient: one that only looks gives nothing back; where no gradient is taken it never runs") {
  const Device d = devices()[0];
  int runs = 0;
  const auto look = [&runs](const Tensor&) {
    ++runs;
    return Tensor();
  };
  CHECK(on_gradient(f64({1}, {1}, d), look).node().tape == 0);
  Tape tape;
  const Tensor x = tape.watch(f64({2}, {1}, d));
  const Tensor unused = on_gradient(x, look);
  CHECK(tape.grad(sum(square(x)), {x})[0].item() == 4);
  CHECK(runs == 0);
  CHECK(tape.grad(sum(square(unused)), {x})[0].item() == 4);
  CHECK(runs == 1);
}

TEST_CASE("on_gradient: a gradient that the hook keeps stays as it was when more is added") {
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor x = tape.watch(f64({1, 2}, {1, 2}, d)), w = f64({1, 2, 3, 4}, {2, 2}, d);
    const Tensor product = matmul(x, w);  // adds to the same place, after the hook
    Tensor kept;
    const Tensor hooked = on_gradient(x, [&kept](const Tensor& dy) {
      kept = dy;
      return Tensor();
    });
    check_equal(tape.grad(sum(product) + sum(hooked * 5.0), {x})[0], {1, 2}, {8, 12});
    check_equal(kept, {1, 2}, {5, 5});
  }
}

TEST_CASE("on_gradient: a view of the tape, which reads the rules, does not run the hook") {
  Tape tape;
  int runs = 0;
  const Tensor y = on_gradient(tape.watch(f64({2}, {1}, devices()[0])), [&runs](const Tensor&) {
    ++runs;
    return Tensor();
  });
  const TwinCapture capture;
  Tape nested;
  replay(tape, tape.record(0), nested);
  CHECK(runs == 0);
  CHECK(y.item() == 2);
}

TEST_CASE("on_gradient: what the hook does is part of the gradient's gradient") {
  const Device d = devices()[0];
  const TensorFunction reversed = [](Xs x) {
    return tanh(on_gradient(x[0], [](const Tensor& dy) { return -1.0 * (-dy); })) * x[1];
  };
  const std::vector<Tensor> inputs{draw({2, 3}, -2, 2, 1, d), draw({2, 3}, -2, 2, 2, d)};
  CHECK(message_of([&] { gradgradcheck(reversed, inputs); }) == "");
}

TEST_CASE("on_gradient: a gradient of another shape is refused") {
  const Device d = devices()[0];
  Tape tape;
  const Tensor x = tape.watch(f64({1, 2}, {2}, d));
  const Tensor y = on_gradient(x, [](const Tensor& dy) { return sum(dy); });
  CHECK(message_of([&] { tape.grad(sum(y), {x}); }) ==
        "[on_gradient] backward made a gradient of shape () for input 0 of shape (2)");
}
