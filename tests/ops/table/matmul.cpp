// Matrix products, and ops that are made of them.
#include "ops/math/matmul.h"

#include "ops/math/shape.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

Sample product(std::string what, Shape a, Shape b, MatmulOptions options = {}, Size size = Size::ordinary) {
  return {
      std::move(what), {{"a", a}, {"b", b}}, [=](In in) { return matmul(in["a"], in["b"], options); }, {}, {}, size};
}

std::vector<Sample> products() {
  std::vector<Sample> samples{
      product("plain", {2, 3}, {3, 4}),
      product("a transposed", {3, 2}, {3, 4}, {.transpose_a = true}),
      product("b transposed", {2, 3}, {4, 3}, {.transpose_b = true}),
      product("both transposed", {3, 2}, {4, 3}, {.transpose_a = true, .transpose_b = true}),
      product("batch", {2, 2, 3}, {2, 3, 2}),
      product("batch, both transposed", {2, 3, 2}, {2, 2, 3}, {.transpose_a = true, .transpose_b = true}),
      product("rows folded", {2, 2, 3}, {3, 2}),
      product("matrix times batch", {2, 3}, {2, 3, 2}),
      product("batches broadcast", {2, 1, 2, 3}, {3, 3, 2}),
      product("transposed, matrix times batch", {3, 2}, {2, 2, 3}, {.transpose_a = true, .transpose_b = true}),
      product("batch transposed times matrix", {2, 3, 2}, {3, 2}, {.transpose_a = true}),
      product("vector times matrix", {3}, {3, 2}),
      product("matrix times vector", {2, 3}, {3}),
      product("vector times batch", {3}, {2, 3, 2}),
      product("batch times vector", {2, 2, 3}, {3}),
      product("vectors", {3}, {3}),
      product("size 1", {1, 1}, {1, 1}),
      product("no rows", {0, 3}, {3, 2}),
      product("no inner axis", {2, 0}, {0, 2}),
      product("no batch", {0, 2, 3}, {0, 3, 2}),
      product("large", {130, 67}, {67, 97}, {}, Size::large),
      product("large, a transposed", {67, 130}, {67, 97}, {.transpose_a = true}, Size::large),
      product("large, b transposed", {1, 130}, {350, 130}, {.transpose_b = true}, Size::large),
      product("large batch", {7, 30, 67}, {7, 67, 33}, {}, Size::large),
      {"a weight in two products",
       {{"a", {2, 2}}, {"b", {2, 2}}},
       [](In in) -> Tensors {
         return {matmul(in["a"], in["b"]), matmul(in["b"], in["a"])};
       }},
      {"a square of itself", {{{3, 3}}}, [](const Tensor& x) { return matmul(x, x, {.transpose_b = true}); }},
  };
  const Input a = given("a", {2, 3}, {1, 2, 3, 4, 5, 6}), b = given("b", {3, 2}, {1, 0, 2, 1, 0, 3});
  const Input at = given("a", {3, 2}, {1, 4, 2, 5, 3, 6}), bt = given("b", {2, 3}, {1, 2, 0, 0, 1, 3});
  const std::vector<Expected> y{{{2, 2}, {5, 11, 14, 23}}};
  samples.push_back({"by hand", {a, b}, [](In in) { return matmul(in["a"], in["b"]); }, y});
  samples.push_back(
      {"by hand, a^T", {at, b}, [](In in) { return matmul(in["a"], in["b"], {.transpose_a = true}); }, y});
  samples.push_back(
      {"by hand, b^T", {a, bt}, [](In in) { return matmul(in["a"], in["b"], {.transpose_b = true}); }, y});
  samples.push_back({"by hand, a^T and b^T",
                     {at, bt},
                     [](In in) { return matmul(in["a"], in["b"], {.transpose_a = true, .transpose_b = true}); },
                     y});
  return samples;
}

std::vector<ErrorCase> matmul_errors() {
  const auto x = [](Shape shape, Device d) { return Tensor::zeros(shape, DType::f64, d); };
  return {
      {[x](Device d) {
         matmul(x({2, 3}, d), x({2, 3}, d));
       },
       "[matmul] need a (..., M, K) and b (..., K, N), got a (2, 3) and b (2, 3)"},
      {[x](Device d) {
         matmul(x({2, 3}, d), x({3, 2}, d), {.transpose_b = true});
       },
       "[matmul] need a (..., M, K) and b (..., K, N), got a (2, 3) and b (3, 2) transposed"},
      {[x](Device d) {
         matmul(x({2, 2, 3}, d), x({3, 3, 2}, d));
       },
       "[matmul] need shapes that broadcast together, got (2) and (3)"},
      {[x](Device d) { matmul(x({}, d), x({3}, d)); },
       "[matmul] need at least one axis on each side, got a () and b (3)"},
      {[x](Device d) { matmul(x({3}, d), x({3}, d), {.transpose_a = true}); },
       "[matmul] need a plain vector, got a transposed one: a (3) and b (3)"},
      {[x](Device d) {
         matmul(x({1, 1}, d), Tensor::zeros({1, 1}, DType::f32, d));
       },
       "[matmul] need one dtype, got f64 (1, 1) and f32 (1, 1)"},
  };
}

Row linear_row() {
  const Function f = [](In in) { return linear(in["x"], in["weight"], in["bias"]); };
  const auto zeros = [](Shape shape, Device d) { return Tensor::zeros(shape, DType::f64, d); };
  const Input w = given("weight", {3, 2}, {1, 0, 0, 1, 1, 1}), b = given("bias", {3}, {10, 20, 30});
  return {"linear",
          "y = x weight^T + bias",
          floats,
          2,
          {{"(3, 2)", {{{3, 2}}, {"weight", {4, 2}}, {"bias", {4}}}, f},
           {"x (T, B, in)", {{{2, 2, 3}}, {"weight", {2, 3}}, {"bias", {2}}}, f},
           {"a vector", {{{3}}, {"weight", {2, 3}}, {"bias", {2}}}, f},
           {"no rows", {{{0, 3}}, {"weight", {2, 3}}, {"bias", {2}}}, f},
           {"without bias", {{{3, 2}}, {"weight", {4, 2}}}, f},
           {"by hand", {given({2, 2}, {1, 2, 3, 4}), w, b}, f, {{{2, 3}, {11, 22, 33, 13, 24, 37}}}},
           {"large", {{{70, 67}}, {"weight", {97, 67}}, {"bias", {97}}}, f, {}, {}, Size::large}},
          {{[zeros](Device d) {
              linear(zeros({2, 3}, d), zeros({3, 2}, d));
            },
            "[linear] need x (..., in) and weight (out, in), got x (2, 3) and weight (3, 2)"},
           {[zeros](Device d) {
              linear(zeros({2, 3}, d), zeros({4, 3}, d), zeros({3}, d));
            },
            "[linear] need bias (out) beside weight (4, 3), got (3)"}}};
}

}  // namespace

std::vector<Row> matmul_rows() {
  return {{"matmul", "y = op(a) op(b)", floats, 2, products(), matmul_errors()}, linear_row()};
}

}  // namespace grus::test
