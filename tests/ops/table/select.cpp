// Rows of where, logic, clamp, gelu, conversions.
#include "ops/math/elementwise.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

Row where_row() {
  const Function f = [](In in) { return where(in["c"], in["a"], in["b"]); };
  return {"where",
          "y = a where c, else b",
          every_dtype,
          2,
          {{"(2, 3)", {mask("c", {2, 3}, {1, 0, 1, 0, 0, 1}), {"a", {2, 3}}, {"b", {2, 3}}}, f},
           {"all three broadcast", {mask("c", {2, 1, 1}, {1, 0}), {"a", {3, 1}}, {"b", {2}}}, f},
           {"a number for b",
            {mask("c", {4}, {1, 0, 1, 0}), {"a", {4}}},
            [](In in) { return where(in["c"], in["a"], 3.0); }},
           {"a number for a",
            {mask("c", {4}, {1, 0, 1, 0}), {"b", {4}}},
            [](In in) { return where(in["c"], 3.0, in["b"]); }},
           {"nothing", {mask("c", {0}, {}), {"a", {0}}, {"b", {0}}}, f},
           {"by hand", {mask("c", {2}, {1, 0}), given("a", {2}, {1, 2}), given("b", {2}, {3, 4})}, f, {{{2}, {1, 4}}}},
           {"large",
            {mask("c", {301}, std::vector<double>(301, 1)), {"a", {257, 301}}, {"b", {257, 1}}},
            f,
            {},
            {},
            Size::large}},
          {{[](Device d) {
              const Tensor x = f64({1, 2}, {2}, d);
              where(x, x, x);
            },
            "[where] need a bool tensor, got f64 (2)"}}};
}

Row logic(const char* name, const char* equation, const Function& f, std::vector<Input> inputs,
          std::vector<double> expected) {
  return {name,
          equation,
          {DType::boolean},
          0,
          {{"by hand", std::move(inputs), f, {{{2, 2}, std::move(expected)}}}},
          {{[f](Device d) {
              const Tensor x = f64({1}, {1}, d);
              f.of(Inputs({"a", "b"}, Tensors{x, x}));
            },
            std::string("[") + name + "] need a bool tensor, got f64 (1)"}}};
}

}  // namespace

std::vector<Row> select_rows() {
  const Input a = mask("a", {2, 2}, {1, 1, 0, 0}), b = mask("b", {2}, {1, 0});
  const Function cast_f = [](const Tensor& x) {
    return cast(cast(x, x.dtype() == DType::f64 ? DType::f32 : DType::f64), x.dtype());
  };
  return {
      where_row(),
      logic("logical_and", "y = a and b", [](In in) { return logical_and(in["a"], in["b"]); }, {a, b}, {1, 0, 0, 0}),
      logic("logical_or", "y = a or b", [](In in) { return logical_or(in["a"], in["b"]); }, {a, b}, {1, 1, 1, 0}),
      logic("logical_not", "y = not x", [](const Tensor& x) { return logical_not(x); },
            {mask("x", {2, 2}, {1, 1, 0, 0})}, {0, 0, 1, 1}),
      {"clamp",
       "y = min(max(x, low), high)",
       numbers,
       2,
       {{"(2, 3)", {{{2, 3}}}, [](const Tensor& x) { return clamp(x, -1, 1); }},
        {"by hand",
         {given({3}, {-3, 0.5, 3})},
         [](const Tensor& x) { return clamp(x, -1, 2); },
         {{{3}, {-1, 0.5, 2}}}}},
       {{[](Device d) { clamp(f64({1}, {1}, d), 2, 1); }, "[clamp] need low <= high, got 2 and 1"}}},
      {"gelu (tanh)",
       "y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2",
       floats,
       2,
       {{"(2, 3)", {{{2, 3}}}, [](const Tensor& x) { return gelu(x, GeluForm::tanh); }},
        {"the exact form", {{{2, 3}}}, [](const Tensor& x) { return gelu(x, GeluForm::exact); }},
        {"by hand",
         {given({3}, {-1, 0, 2})},
         [](const Tensor& x) { return gelu(x, GeluForm::tanh); },
         {{{3}, {-0.15880800939172324, 0, 1.954597694087775}}}}},
       {}},
      {"cast",
       "y = x as another dtype",
       every_dtype,
       // Rounding to f32 is a staircase without finite differences. tests/ops/methods.cpp tests its gradient.
       0,
       {{"there and back", {given({4}, {0, 1, -2, 1.5})}, cast_f, {{{4}, {0, 1, -2, 1.5}}}},
        {"to i32",
         {given({3}, {-1.75, 0, 2.75})},
         [](const Tensor& x) { return cast(x, DType::i32); },
         {{{3}, {-1, 0, 2}}}},
        {"to i64",
         {given({3}, {-1.75, 0, 2.75})},
         [](const Tensor& x) { return cast(x, DType::i64); },
         {{{3}, {-1, 0, 2}}}},
        {"to bool",
         {given({3}, {-1.75, 0, 2})},
         [](const Tensor& x) { return cast(x, DType::boolean); },
         {{{3}, {1, 0, 1}}}},
        {"nothing", {{{0, 2}}}, cast_f},
        {"large", {{{257, 301}}}, [](const Tensor& x) { return cast(x, DType::i64); }, {}, {}, Size::large}},
       {{[](Device) { cast(Tensor(), DType::f32); }, "[cast] need a tensor, got an undefined one"}}},
      {"to",
       "y = x on another device",
       every_dtype,
       2,
       {{"there and back",
         {given({2, 2}, {1, 0, -2, 3})},
         [](const Tensor& x) {
           const Device here = x.device(), there = here == devices().front() ? devices().back() : devices().front();
           return to(to(x, there), here);
         },
         {{{2, 2}, {1, 0, -2, 3}}}}},
       {}},
  };
}

}  // namespace grus::test
