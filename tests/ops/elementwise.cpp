#include "ops/elementwise.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>

#include "core/tape.h"
#include "ops/reduce.h"
#include "tests/ops/rows.h"

using namespace grus;
using namespace grus::test;

namespace {

std::vector<Row> table_rows() {
  std::vector<Row> rows;
#define GRUS_UNARY(op, value, gradient, low, high)                                                  \
  rows.push_back({#op, {{{2, 3}, low, high}}, [](std::span<const Tensor> x) { return op(x[0]); }}); \
  rows.push_back({#op " of nothing", {{{0, 3}, low, high}}, [](std::span<const Tensor> x) { return op(x[0]); }});
#define GRUS_BINARY(op, value, da, db, low, high)                                                                   \
  rows.push_back(                                                                                                   \
      {#op, {{{2, 3}, low, high}, {{2, 3}, low, high}}, [](std::span<const Tensor> x) { return op(x[0], x[1]); }}); \
  rows.push_back({#op " broadcast", {{{2, 1, 3}, low, high}, {{4, 1}, low, high}}, [](std::span<const Tensor> x) {  \
                    return op(x[0], x[1]);                                                                          \
                  }});                                                                                              \
  rows.push_back({#op " scalars", {{{3}, low, high}}, [](std::span<const Tensor> x) {                               \
                    return op(op(x[0], 1.25), op(1.5, x[0]));                                                       \
                  }});                                                                                              \
  rows.push_back({#op " of nothing", {{{0, 1}, low, high}, {{2}, low, high}}, [](std::span<const Tensor> x) {       \
                    return op(x[0], x[1]);                                                                          \
                  }});
#define GRUS_COMPARE(...)
#include "core/elementwise.def"
  return rows;
}

}  // namespace

TEST_CASE("elementwise: every row of the table has the gradients its text says, of first and second order") {
  check_rows(table_rows());
}

TEST_CASE("elementwise: values") {
  for (const Device& d : devices()) {
    const Tensor x = f64({-1, 0, 2}, {3}, d), p = f64({0.25, 1, 4}, {3}, d);
    check_equal(neg(x), {3}, {1, 0, -2});
    check_equal(abs(x), {3}, {1, 0, 2});
    check_equal(square(x), {3}, {1, 0, 4});
    check_equal(reciprocal(p), {3}, {4, 1, 0.25});
    check_equal(exp(x), {3}, {0.36787944117144233, 1, 7.38905609893065});
    check_equal(log(p), {3}, {-1.3862943611198906, 0, 1.3862943611198906});
    check_equal(sqrt(p), {3}, {0.5, 1, 2});
    check_equal(sin(x), {3}, {-0.8414709848078965, 0, 0.9092974268256817});
    check_equal(cos(x), {3}, {0.5403023058681398, 1, -0.4161468365471424});
    check_equal(tanh(x), {3}, {-0.7615941559557649, 0, 0.9640275800758169});
    check_equal(sigmoid(x), {3}, {0.2689414213699951, 0.5, 0.8807970779778823});
    check_equal(relu(x), {3}, {0, 0, 2});
    check_equal(erf(x), {3}, {-0.8427007929497149, 0, 0.9953222650189527});
    check_equal(softplus(x), {3}, {0.31326168751822286, 0.6931471805599453, 2.1269280110429727});
    check_equal(x + p, {3}, {-0.75, 1, 6});
    check_equal(x - p, {3}, {-1.25, -1, -2});
    check_equal(x * p, {3}, {-0.25, 0, 8});
    check_equal(x / p, {3}, {-4, 0, 0.5});
    check_equal(pow(x, 3.0), {3}, {-1, 0, 8});
    check_equal(pow(2.0, x), {3}, {0.5, 1, 4});
    check_equal(maximum(x, p), {3}, {0.25, 1, 4});
    check_equal(minimum(x, p), {3}, {-1, 0, 2});
    check_equal(clamp(x, -0.5, 1.5), {3}, {-0.5, 0, 1.5});
    check_equal(gelu(x), {3}, {-0.15865525393145707, 0, 1.9544997361036416});
    check_equal(gelu(x, Gelu::tanh), {3}, {-0.15880800939172324, 0, 1.954597694087775});
    check_equal(1.0 - x, {3}, {2, 1, -1});
    check_equal(x - 1.0, {3}, {-2, -1, 1});
    check_equal(2.0 / p, {3}, {8, 2, 0.5});
    check_equal(-x, {3}, {1, 0, -2});
  }
}

TEST_CASE("elementwise: large arguments neither overflow nor turn into NaN") {
  for (const Device& d : devices()) {
    const Tensor x = f64({-1000, 1000}, {2}, d);
    check_equal(sigmoid(x), {2}, {0, 1});
    check_equal(softplus(x), {2}, {0, 1000});
    check_equal(tanh(x), {2}, {-1, 1});
    const Tensor narrow = cast(x, DType::f32);
    check_equal(sigmoid(narrow), {2}, {0, 1});
    check_equal(softplus(narrow), {2}, {0, 1000});
    check_equal(tanh(narrow), {2}, {-1, 1});
  }
}

TEST_CASE("elementwise: shapes broadcast as NumPy's") {
  for (const Device& d : devices()) {
    const Tensor a = f64({1, 2}, {2, 1}, d), b = f64({10, 20, 30}, {3}, d);
    check_equal(a + b, {2, 3}, {11, 21, 31, 12, 22, 32});
    check_equal(b - a, {2, 3}, {9, 19, 29, 8, 18, 28});
    check_equal(add(a, f64({5}, {}, d)), {2, 1}, {6, 7});
    check_equal(Tensor::zeros({0, 3}, DType::f64, d) + b, {0, 3}, {});
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
    CHECK(message_of([&] { a + 0.5; }) == "[add] need an integral number beside i64 (3), got 0.5");
    CHECK(message_of([&] { exp(a); }) == "[exp] need f32 or f64, got i64 (3)");
    CHECK(message_of([&] { a / b; }) == "[div] need f32 or f64, got i64 (3)");
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
    CHECK(message_of([&] { logical_not(a); }) == "[logical_not] need a bool tensor, got f64 (3)");
    CHECK(message_of([&] { t + t; }) == "[add] need numbers, got bool (2, 2); cast() it first");
  }
}

TEST_CASE("where, clamp, gelu and conversions: gradients of first and second order") {
  check_rows({
      {"where",
       {{{2, 1}}, {{3}}},
       [](std::span<const Tensor> x) { return where(greater(x[1], 0.0), x[0] * x[1], x[1]); }},
      {"where scalar", {{{4}}}, [](std::span<const Tensor> x) { return where(less(x[0], 0.0), x[0] * x[0], 3.0); }},
      {"where scalar first",
       {{{4}}},
       [](std::span<const Tensor> x) { return where(less(x[0], 0.0), 3.0, x[0] * x[0]); }},
      {"clamp", {{{5}}}, [](std::span<const Tensor> x) { return square(clamp(x[0], -1, 1)); }},
      {"gelu", {{{5}}}, [](std::span<const Tensor> x) { return gelu(x[0]); }},
      {"gelu tanh", {{{5}}}, [](std::span<const Tensor> x) { return gelu(x[0], Gelu::tanh); }},
      {"the operators",
       {{{3}}, {{3}, 0.5, 2}},
       [](std::span<const Tensor> x) { return -(2.0 * x[0] - x[1]) / (x[1] + 1.0); }},
  });
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
  CHECK(message_of([&] { x + y; }) == fmt::format("[add] need one device, got {} and {}", a.name(), b.name()));
}

TEST_CASE("elementwise: only what a gradient reads is kept") {
  const Device d = devices()[0];
  const Tensor mask = Tensor::ones({10}, DType::f64, d);
  const auto saved = [&](const std::function<Tensor(const Tensor&)>& f) {
    Tape tape;
    const Tensor x = tape.watch(Tensor::ones({10}, DType::f64, d));
    const Tensor y = f(x);
    return tape.saved_bytes();
  };
  CHECK(saved([](const Tensor& x) { return neg(x); }) == 0);
  CHECK(saved([](const Tensor& x) { return x + x; }) == 0);
  const size_t one = saved([](const Tensor& x) { return tanh(x); });
  CHECK(one > 0);
  CHECK(saved([&](const Tensor& x) { return x * mask; }) == one);
  CHECK(saved([&](const Tensor& x) { return x * x * x; }) == 2 * one);
}

TEST_CASE("elementwise: errors name the op, shapes and dtypes") {
  const Device d = devices()[0];
  const Tensor x = f64({1, 2}, {2}, d), y = f64({1, 2, 3}, {3}, d);
  CHECK(message_of([&] { x + y; }) == "[add] need shapes that broadcast together, got (2) and (3)");
  CHECK(message_of([&] { less(x, y); }) == "[less] need shapes that broadcast together, got (2) and (3)");
  CHECK(message_of([&] { x* cast(x, DType::f32); }) == "[mul] need one dtype, got f64 (2) and f32 (2)");
  CHECK(message_of([&] { tanh(Tensor()); }) == "[tanh] need a tensor, got an undefined one");
  CHECK(message_of([&] { where(x, x, x); }) == "[where] need a bool tensor, got f64 (2)");
  CHECK(message_of([&] { clamp(x, 2, 1); }) == "[clamp] need low <= high, got 2 and 1");
}
