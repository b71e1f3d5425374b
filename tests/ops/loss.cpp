#include "ops/loss.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/tape/tape.h"
#include "ops/elementwise.h"
#include "ops/linear_cross_entropy.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("cross_entropy: the logits stay what they were, and ids may be i32") {
  for (const Device& d : devices()) {
    const Tensor logits = f64({0, 1, 2, 1, 1, 1}, {2, 3}, d);
    CHECK(cross_entropy(logits, i32({2, 0}, {2}, d)).item() == cross_entropy(logits, i64({2, 0}, {2}, d)).item());
    check_equal(logits, {2, 3}, {0, 1, 2, 1, 1, 1});  // the fused kernel works on a copy
  }
}

TEST_CASE("cross_entropy: class weights that want a gradient would get none, and are refused") {
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor x = f64({0, 1, 2, 3}, {2, 2}, d), weight = tape.watch(f64({1, 2}, {2}, d));
    const Tensor targets = i64({0, 1}, {2}, d);
    const std::string end = " need class weights that are constants, got ones that want a gradient: detach()";
    for (const auto op : {cross_entropy, cross_entropy_composed})
      CHECK(message_of([&] { op(x, targets, {.weight = weight}); }) == "[cross_entropy]" + end);
    CHECK(message_of([&] { nll_loss(x, targets, {.weight = weight}); }) == "[nll_loss]" + end);
    for (const auto op : {linear_cross_entropy, linear_cross_entropy_composed})
      CHECK(message_of([&] { op(x, x, {}, targets, {.weight = weight}); }) == "[linear_cross_entropy]" + end);
    CHECK(message_of([&] { cross_entropy(x, targets, {.weight = weight.detach()}); }) == "");
  }
}

TEST_CASE("cross_entropy: classes forbidden by -inf, also beside ignored rows, with weights and in a bias") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const double loss = 1 + std::log(1 + std::exp(-1.0)), p = 1 / (1 + std::exp(1.0));  // of {1, -inf, 2}, class 0
  for (const Device& d : devices())
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Tensor ids = i32({0, 0}, {2}, d), ignored = i32({0, -1}, {2}, d), ones = Tensor::ones({3}, dtype, d);
      // The ignored row has no finite loss whatever class stands for its target.
      const Tensor logits = cast(f64({1, -inf, 2, -inf, -inf, -inf}, {2, 3}, d), dtype);
      const Tensor same = cast(f64({1, -inf, 2, 1, -inf, 2}, {2, 3}, d), dtype);
      for (const auto op : {cross_entropy, cross_entropy_composed}) {
        Tape tape;
        const Tensor x = tape.watch(same), y = op(x, ids, {});
        check_equal(y, {}, {loss});
        check_equal(tape.grad(y, {x})[0], {2, 3}, {(p - 1) / 2, 0, (1 - p) / 2, (p - 1) / 2, 0, (1 - p) / 2});
        check_equal(op(logits, ignored, {.ignore_index = -1}), {}, {loss});
        check_equal(op(logits, ignored, {.ignore_index = -1, .weight = ones}), {}, {loss});
        check_equal(op(same, ids, {.label_smoothing = 0.1}), {}, {inf});
        check_equal(op(logits, i32({-1, -1}, {2}, d), {.ignore_index = -1, .label_smoothing = 0.1}), {}, {0});
      }
      Tape tape;
      const Tensor x = tape.watch(Tensor::ones({2, 1}, dtype, d)),
                   bias = tape.watch(cast(f64({0, -inf, 1}, {3}, d), dtype)),
                   weight = tape.watch(Tensor::ones({3, 1}, dtype, d));
      const Tensor y = linear_cross_entropy(x, weight, bias, ids, {}).loss;
      check_equal(y, {}, {loss});
      const std::vector<Tensor> gradients = tape.grad(y, {x, weight, bias});
      check_equal(gradients[0], {2, 1}, {0, 0});
      check_equal(gradients[1], {3, 1}, {p - 1, 0, 1 - p});
      check_equal(gradients[2], {3}, {p - 1, 0, 1 - p});
    }
}
