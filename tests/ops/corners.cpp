// Gradients where no finite difference measures them: at kinks, infinities and NaN, of forbidden classes and of
// padding.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/tape/tape.h"
#include "ops/loss/linear_cross_entropy.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("elementwise: at corners a gradient is 0: |x| at 0, a^0 for a, 0^b for b; the second one is finite") {
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor x = tape.watch(f64({0}, {1}, d)), a = tape.watch(f64({2, 0, -1}, {3}, d)),
                 b = tape.watch(f64({0, 2, 2}, {3}, d));
    check_equal(tape.grad(sum(abs(x)), {x})[0], {1}, {0});
    const std::vector<Tensor> first = tape.grad(sum(pow(a, b)), {a, b}, true);
    check_equal(first[0], {3}, {0, 0, -2});
    check_equal(first[1], {3}, {std::log(2.0), 0, 0});
    const std::vector<Tensor> second = tape.grad(sum(first[1]), {a, b});
    check_equal(second[0], {3}, {0.5, 0, 0});
    check_equal(second[1], {3}, {std::log(2.0) * std::log(2.0), 0, 0});
  }
}

TEST_CASE("elementwise: a recorded gradient is the kernel's at infinities, NaN, zeros and ties") {
  constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> edges = {-inf, -2, -0.0, 0, 1, 2, inf, nan};
  std::vector<double> left, right;
  for (const double a : edges)
    for (const double b : edges) left.push_back(a), right.push_back(b);
  for (const Device& d : devices()) {
    const auto check = [&](const char* name, const auto& f, const std::vector<Tensor>& arguments) {
      Tape tape;
      std::vector<Tensor> xs;
      for (const Tensor& x : arguments) xs.push_back(tape.watch(x));
      const Tensor y = f(xs);
      const std::vector<Tensor> recorded = tape.grad(sum(y), xs, true), plain = tape.grad(sum(y), xs);
      for (size_t i = 0; i < xs.size(); ++i) {
        const std::vector<double> got = values(recorded[i]), expected = values(plain[i]);
        for (size_t k = 0; k < got.size(); ++k)
          CHECK_MESSAGE(
              (got[k] == expected[k] || std::abs(got[k] - expected[k]) <= 4e-16 * std::abs(expected[k]) ||
               (std::isnan(got[k]) && std::isnan(expected[k]))),
              fmt::format("{} on {}, gradient {}, element {}: {} and {}", name, d.name(), i, k, got[k], expected[k]));
      }
    };
    const auto count = static_cast<int64_t>(left.size());
    const std::vector<Tensor> one{f64(left, {count}, d)}, two{f64(left, {count}, d), f64(right, {count}, d)};
#define GRUS_UNARY(name, ...) \
  check(                      \
      #name, [](const std::vector<Tensor>& x) { return name(x[0]); }, one);
#define GRUS_BINARY(name, ...) \
  check(                       \
      #name, [](const std::vector<Tensor>& x) { return name(x[0], x[1]); }, two);
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
  }
}

TEST_CASE("elementwise: what is cut off has no gradient, however large the one that comes back") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (const Device& d : devices())
    for (const bool record : {false, true}) {
      Tape tape;
      const Tensor x = tape.watch(f64({-inf, -1, 0, 3}, {4}, d)), dy = f64({inf, inf, inf, 2}, {4}, d);
      const auto slope = [&](const Tensor& y) { return tape.grad(y, std::span(&x, 1), record, dy)[0]; };
      check_equal(relu(x), {4}, {0, 0, 0, 3});
      check_equal(slope(relu(x)), {4}, {0, 0, 0, 2});
      check_equal(slope(maximum(x, 1)), {4}, {0, 0, 0, 2});
      check_equal(slope(minimum(-1 * x, -1)), {4}, {0, 0, 0, -2});
      check_equal(slope(clamp(x, 1, 4)), {4}, {0, 0, 0, 2});
    }
}

TEST_CASE("clamp: NaN stays, and the gradient passes within the bounds and at them") {
  constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const Device& d : devices())
    for (const DType dtype : {DType::f32, DType::f64}) {
      Tape tape;
      const Tensor x = tape.watch(cast(f64({-inf, -2, -1, 0, 2, 3, inf}, {7}, d), dtype)), y = clamp(x, -1, 2);
      check_equal(y, {7}, {-1, -1, -1, 0, 2, 2, 2});
      check_equal(tape.grad(sum(y), {x})[0], {7}, {0, 0, 1, 1, 1, 0, 0});
      const Tensor lost = cast(f64({nan}, {1}, d), dtype);
      for (const Tensor& kept :
           {clamp(lost, -1, 2), maximum(lost, 0), maximum(0, lost), minimum(lost, 0), minimum(0, lost), relu(lost)})
        CHECK(std::isnan(kept.item()));
      check_equal(clamp(i64({-5, 5}, {2}, d), -1, 2), {2}, {-1, 2});
    }
}

TEST_CASE("logsumexp: rows of -inf have no gradient") {
  const double inf = std::numeric_limits<double>::infinity();
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor x = tape.watch(f64({-inf, -inf, 0, -inf}, {2, 2}, d)), y = logsumexp(x, 1);
    check_equal(y, {2}, {-inf, 0});
    check_equal(tape.grad(y, std::span(&x, 1), false, f64({1, 1}, {2}, d))[0], {2, 2}, {0, 0, 1, 0});
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

TEST_CASE("embedding: the padding row is read and gets no gradient") {
  for (const Device& d : devices()) {
    const Tensor table = f64({1, 2, 3, 4}, {2, 2}, d), ids = i64({0, 1, 0, 1}, {4}, d);
    for (const bool create_graph : {false, true}) {
      Tape tape;
      const Tensor known = tape.watch(table);
      const Tensor y = embedding(known, ids, 0);
      check_equal(y, {4, 2}, {1, 2, 3, 4, 1, 2, 3, 4});
      const Tensor loss = sum(y);
      const std::vector<Tensor> inputs{known};
      check_equal(tape.grad(loss, inputs, create_graph)[0], {2, 2}, {0, 0, 2, 2});
    }
  }
}
