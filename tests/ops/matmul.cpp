#include "ops/matmul.h"

#include <doctest/doctest.h>

#include "core/tape.h"
#include "ops/accumulate.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "ops/shape.h"
#include "tests/ops/rows.h"

using namespace grus;
using namespace grus::test;

namespace {

Row product_row(std::string name, Shape a, Shape b, Form form_a = Plain, Form form_b = Plain) {
  return {std::move(name), {{a}, {b}}, [form_a, form_b](std::span<const Tensor> x) {
            return matmul(x[0], x[1], form_a, form_b);
          }};
}

}  // namespace

TEST_CASE("matmul: values in all four forms") {
  for (const Device& d : devices()) {
    const Tensor a = f64({1, 2, 3, 4, 5, 6}, {2, 3}, d), b = f64({1, 0, 2, 1, 0, 3}, {3, 2}, d);
    const std::vector<double> expected{5, 11, 14, 23};
    check_equal(matmul(a, b), {2, 2}, expected);
    check_equal(matmul(transpose(a), b, Transposed), {2, 2}, expected);
    check_equal(matmul(a, transpose(b), Plain, Transposed), {2, 2}, expected);
    check_equal(matmul(transpose(a), transpose(b), Transposed, Transposed), {2, 2}, expected);
    check_equal(matmul(a, f64({1, 1, 1}, {3}, d)), {2}, {6, 15});
    check_equal(matmul(f64({1, 1}, {2}, d), a), {3}, {5, 7, 9});
    check_equal(matmul(f64({1, 2}, {2}, d), f64({3, 4}, {2}, d)), {}, {11});
    check_equal(matmul(a.reshape({2, 1, 3}), b), {2, 1, 2}, expected);
    check_equal(matmul(a.reshape({2, 1, 3}), transpose(b).reshape({1, 2, 3}), Plain, Transposed), {2, 1, 2}, expected);
  }
}

TEST_CASE("matmul: gradients of first and second order, for every form and batch") {
  check_rows({
      product_row("plain", {2, 3}, {3, 4}),
      product_row("a transposed", {3, 2}, {3, 4}, Transposed),
      product_row("b transposed", {2, 3}, {4, 3}, Plain, Transposed),
      product_row("both transposed", {3, 2}, {4, 3}, Transposed, Transposed),
      product_row("batch", {2, 2, 3}, {2, 3, 2}),
      product_row("batch, both transposed", {2, 3, 2}, {2, 2, 3}, Transposed, Transposed),
      product_row("rows folded", {2, 2, 3}, {3, 2}),
      product_row("matrix times batch", {2, 3}, {2, 3, 2}),
      product_row("batches broadcast", {2, 1, 2, 3}, {3, 3, 2}),
      product_row("transposed, matrix times batch", {3, 2}, {2, 2, 3}, Transposed, Transposed),
      product_row("batch transposed times matrix", {2, 3, 2}, {3, 2}, Transposed),
      product_row("vector times matrix", {3}, {3, 2}),
      product_row("matrix times vector", {2, 3}, {3}),
      product_row("vector times batch", {3}, {2, 3, 2}),
      product_row("batch times vector", {2, 2, 3}, {3}),
      product_row("vectors", {3}, {3}),
      product_row("size 1", {1, 1}, {1, 1}),
      product_row("no rows", {0, 3}, {3, 2}),
      product_row("no inner", {2, 0}, {0, 2}),
      product_row("no batch", {0, 2, 3}, {0, 3, 2}),
      {"a square of itself",
       {{{3, 3}}},
       [](std::span<const Tensor> x) { return matmul(x[0], x[0], Plain, Transposed); }},
  });
}

TEST_CASE("linear: values, and gradients of first and second order") {
  for (const Device& d : devices()) {
    const Tensor x = f64({1, 2, 3, 4}, {2, 2}, d), w = f64({1, 0, 0, 1, 1, 1}, {3, 2}, d),
                 b = f64({10, 20, 30}, {3}, d);
    check_equal(linear(x, w, b), {2, 3}, {11, 22, 33, 13, 24, 37});
    check_equal(linear(x, w), {2, 3}, {1, 2, 3, 3, 4, 7});
    check_equal(linear(x[0], w, b), {3}, {11, 22, 33});
  }
  const auto with_bias = [](std::span<const Tensor> x) { return linear(x[0], x[1], x[2]); };
  check_rows({
      {"linear", {{{3, 2}}, {{4, 2}}, {{4}}}, with_bias},
      {"linear of (T, B, in)", {{{2, 2, 3}}, {{2, 3}}, {{2}}}, with_bias},
      {"linear of a vector", {{{3}}, {{2, 3}}, {{2}}}, with_bias},
      {"linear of nothing", {{{0, 3}}, {{2, 3}}, {{2}}}, with_bias},
      {"linear without bias", {{{3, 2}}, {{4, 2}}}, [](std::span<const Tensor> x) { return linear(x[0], x[1]); }},
  });
}

TEST_CASE("matmul: gradients of one weight in two products join") {
  for (const Device& d : devices()) {
    Tape tape;
    const Tensor w = tape.watch(f64({1, 2, 3, 4}, {2, 2}, d)), x = f64({1, 0, 0, 1}, {2, 2}, d);
    const Tensor y = sum(matmul(x, w)) + sum(matmul(w, x * 2.0)) + sum(linear(x, w));
    const std::vector<Tensor> inputs{w};
    check_equal(tape.grad(y, inputs)[0], {2, 2}, {4, 4, 4, 4});
  }
}

TEST_CASE("matmul and linear: errors name the op and every shape") {
  const Device d = devices()[0];
  const auto x = [&](Shape shape) { return Tensor::zeros(shape, DType::f64, d); };
  CHECK(message_of([&] {
          matmul(x({2, 3}), x({2, 3}));
        }) == "[matmul] need a (..., M, K) and b (..., K, N), got a (2, 3) and b (2, 3)");
  CHECK(message_of([&] {
          matmul(x({2, 3}), x({3, 2}), Plain, Transposed);
        }) == "[matmul] need a (..., M, K) and b (..., K, N), got a (2, 3) and b (3, 2) transposed");
  CHECK(message_of([&] {
          matmul(x({2, 2, 3}), x({3, 3, 2}));
        }) == "[matmul] need shapes that broadcast together, got (2) and (3)");
  CHECK(message_of([&] { matmul(x({}), x({3})); }) ==
        "[matmul] need at least one axis on each side, got a () and b (3)");
  CHECK(message_of([&] { matmul(x({3}), x({3}), Transposed); }) ==
        "[matmul] need a plain vector, got a transposed one: a (3) and b (3)");
  CHECK(message_of([&] {
          matmul(i64({1}, {1, 1}, d), i64({1}, {1, 1}, d));
        }) == "[matmul] need f32 or f64, got i64 (1, 1)");
  CHECK(message_of([&] {
          matmul(x({1, 1}), Tensor::zeros({1, 1}, DType::f32, d));
        }) == "[matmul] need one dtype, got f64 (1, 1) and f32 (1, 1)");
  CHECK(message_of([&] {
          linear(x({2, 3}), x({3, 2}));
        }) == "[linear] need x (..., in) and weight (out, in), got x (2, 3) and weight (3, 2)");
  CHECK(message_of([&] {
          linear(x({2, 3}), x({4, 3}), x({3}));
        }) == "[linear] need bias (out) beside weight (4, 3), got (3)");
}
