#include "ops/elementwise.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>

#include "core/tape/tape.h"
#include "core/watch/tape_print.h"
#include "ops/reduce.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("elementwise: shapes broadcast as NumPy's") {
  for (const Device& d : devices()) {
    const Tensor a = f64({1, 2}, {2, 1}, d), b = f64({10, 20, 30}, {3}, d);
    check_equal(a + b, {2, 3}, {11, 21, 31, 12, 22, 32});
    check_equal(b - a, {2, 3}, {9, 19, 29, 8, 18, 28});
    check_equal(add(a, f64({5}, {}, d)), {2, 1}, {6, 7});
    check_equal(Tensor::zeros({0, 3}, DType::f64, d) + b, {0, 3}, {});
  }
}

TEST_CASE("elementwise: comparisons are written as in C++, with a number on either side") {
  for (const Device& d : devices()) {
    const Tensor a = f64({1, 2, 3}, {3}, d), b = f64({3, 2, 1}, {3}, d);
    using Bools = std::vector<bool>;
    const auto bools = [](const Tensor& x) { return x.to_bools(); };
    CHECK(bools(a < b) == Bools{true, false, false});
    CHECK(bools(a <= b) == Bools{true, true, false});
    CHECK(bools(a > b) == Bools{false, false, true});
    CHECK(bools(a >= b) == Bools{false, true, true});
    CHECK(bools(a < 2.0) == Bools{true, false, false});
    CHECK(bools(2.0 <= a) == Bools{false, true, true});
    CHECK(bools(where(a > 2.0, a, 0.0) >= 3.0) == Bools{false, false, true});
  }
}

TEST_CASE("elementwise: integers stay integers") {
  for (const Device& d : devices()) {
    const Tensor a = i64({-3, 0, 5}, {3}, d), b = i64({2, 2, 2}, {3}, d);
    CHECK((a + b).dtype() == DType::i64);
    check_equal(a * b - 1.0, {3}, {-7, -1, 9});
    check_equal(maximum(a, b), {3}, {2, 2, 5});
    check_equal(minimum(a, 1.0), {3}, {-3, 0, 1});
    check_equal(0.0 - i32({7}, {1}, d), {1}, {-7});
    CHECK(message_of([&] { return a + 0.5; }) ==
          "[add] need an integral number in [-9223372036854775808, 9223372036854775807] for i64 (3), got 0.5");
    CHECK(message_of([&] { return exp(a); }) == "[exp] need f32 or f64, got i64 (3)");
    CHECK(message_of([&] { return a / b; }) == "[div] need f32 or f64, got i64 (3)");
  }
}

TEST_CASE("elementwise: comparisons and logic give bools") {
  for (const Device& d : devices()) {
    const Tensor a = f64({1, 2, 3}, {3}, d), b = f64({2, 2, 2}, {3}, d);
    CHECK(less(a, b).dtype() == DType::boolean);
    check_equal(equal(a, b), {3}, {0, 1, 0});
    check_equal(not_equal(a, b), {3}, {1, 0, 1});
    check_equal(less(a, b), {3}, {1, 0, 0});
    check_equal(less_equal(a, b), {3}, {1, 1, 0});
    check_equal(greater(a, 2.0), {3}, {0, 0, 1});
    check_equal(greater_equal(2.0, a), {3}, {1, 1, 0});
    check_equal(less(i32({1, 3}, {2}, d), 2.0), {2}, {1, 0});
    const Tensor t = Tensor::from_bools({true, true, false, false}, {2, 2}, d),
                 u = Tensor::from_bools({true, false}, {2}, d);
    check_equal(logical_and(t, u), {2, 2}, {1, 0, 0, 0});
    check_equal(logical_or(t, u), {2, 2}, {1, 1, 1, 0});
    check_equal(logical_not(u), {2}, {0, 1});
    CHECK(message_of([&] { return logical_not(a); }) == "[logical_not] need a bool tensor, got f64 (3)");
    CHECK(message_of([&] { return t + t; }) == "[add] need numbers, got bool (2, 2); cast() it first");
  }
}

TEST_CASE("cast: values convert, and gradients come back in the type they left") {
  for (const Device& d : devices()) {
    check_equal(cast(f64({-1.7, 0, 2.9}, {3}, d), DType::i32), {3}, {-1, 0, 2});
    check_equal(cast(f64({-1.7, 0, 2.9}, {3}, d), DType::boolean), {3}, {1, 0, 1});
    check_equal(cast(Tensor::from_bools({true, false}, {2}, d), DType::f32), {2}, {1, 0});
    Tape tape;
    const Tensor x = tape.watch(f64({1, 2}, {2}, d));
    const Tensor y = sum(cast(x, DType::f32) * 3.0);
    const std::vector<Tensor> inputs{x};
    const Tensor gradient = tape.grad(y, inputs)[0];
    CHECK(gradient.dtype() == DType::f64);
    check_equal(gradient, {2}, {3, 3});
  }
}

TEST_CASE("to: values and gradients travel between devices") {
  if (devices().size() < 2) return;
  const Device a = devices()[0], b = devices()[1];
  Tape tape;
  const Tensor x = tape.watch(f64({1, 2}, {2}, a));
  const Tensor y = sum(square(to(x, b)));
  CHECK(y.device() == b);
  const std::vector<Tensor> inputs{x};
  const Tensor gradient = tape.grad(y, inputs)[0];
  CHECK(gradient.device() == a);
  check_equal(gradient, {2}, {2, 4});
  CHECK(message_of([&] { return x + y; }) == fmt::format("[add] need one device, got {} and {}", a.name(), b.name()));
}

TEST_CASE("elementwise: only what a gradient reads is kept") {
  const Device d = devices()[0];
  const Tensor mask = Tensor::ones({10}, DType::f64, d);
  const auto saved = [&](const std::function<Tensor(const Tensor&)>& f) {
    Tape tape;
    const Tensor x = tape.watch(Tensor::ones({10}, DType::f64, d));
    const Tensor y = f(x);
    return saved_bytes(tape);
  };
  CHECK(saved([](const Tensor& x) { return neg(x); }) == 0);
  CHECK(saved([](const Tensor& x) { return x + x; }) == 0);
  const size_t one = saved([](const Tensor& x) { return tanh(x); });
  CHECK(one > 0);
  CHECK(saved([&](const Tensor& x) { return x * mask; }) == one);
  CHECK(saved([&](const Tensor& x) { return x * x * x; }) == 2 * one);
}

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
