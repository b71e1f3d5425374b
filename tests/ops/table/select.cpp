// Rows of where, logic, clamp, gelu, conversions.
#include "ops/elementwise.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

Row where_row() {
  const Function f = [](Xs x) { return where(x[0], x[1], x[2]); };
  return {"where",
          "y = a where c, else b",
          every_dtype,
          2,
          {{"(2, 3)", {mask({2, 3}, {1, 0, 1, 0, 0, 1}), {{2, 3}}, {{2, 3}}}, f},
           {"all three broadcast", {mask({2, 1, 1}, {1, 0}), {{3, 1}}, {{2}}}, f},
           {"a number for b", {mask({4}, {1, 0, 1, 0}), {{4}}}, [](Xs x) { return where(x[0], x[1], 3.0); }},
           {"a number for a", {mask({4}, {1, 0, 1, 0}), {{4}}}, [](Xs x) { return where(x[0], 3.0, x[1]); }},
           {"nothing", {mask({0}, {}), {{0}}, {{0}}}, f},
           {"by hand", {mask({2}, {1, 0}), given({2}, {1, 2}), given({2}, {3, 4})}, f, {{{2}, {1, 4}}}},
           {"large", {mask({301}, std::vector<double>(301, 1)), {{257, 301}}, {{257, 1}}}, f, {}, {}, Size::large}},
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
              f.many(Tensors{x, x});
            },
            std::string("[") + name + "] need a bool tensor, got f64 (1)"}}};
}

}  // namespace

std::vector<Row> select_rows() {
  const Input t = mask({2, 2}, {1, 1, 0, 0}), u = mask({2}, {1, 0});
  const Function cast_f = [](Xs x) {
    return cast(cast(x[0], x[0].dtype() == DType::f64 ? DType::f32 : DType::f64), x[0].dtype());
  };
  return {
      where_row(),
      logic("logical_and", "y = a and b", [](Xs x) { return logical_and(x[0], x[1]); }, {t, u}, {1, 0, 0, 0}),
      logic("logical_or", "y = a or b", [](Xs x) { return logical_or(x[0], x[1]); }, {t, u}, {1, 1, 1, 0}),
      logic("logical_not", "y = not x", [](Xs x) { return logical_not(x[0]); }, {t}, {0, 0, 1, 1}),
      {"clamp",
       "y = min(max(x, low), high)",
       numbers,
       2,
       {{"(2, 3)", {{{2, 3}}}, [](Xs x) { return clamp(x[0], -1, 1); }},
        {"by hand", {given({3}, {-3, 0.5, 3})}, [](Xs x) { return clamp(x[0], -1, 2); }, {{{3}, {-1, 0.5, 2}}}}},
       {{[](Device d) { clamp(f64({1}, {1}, d), 2, 1); }, "[clamp] need low <= high, got 2 and 1"}}},
      {"gelu",
       "y = x Phi(x); tanh: y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2",
       floats,
       2,
       {{"exact", {{{2, 3}}}, [](Xs x) { return gelu(x[0]); }},
        {"tanh", {{{2, 3}}}, [](Xs x) { return gelu(x[0], GeluForm::tanh); }},
        {"exact, by hand",
         {given({3}, {-1, 0, 2})},
         [](Xs x) { return gelu(x[0]); },
         {{{3}, {-0.15865525393145707, 0, 1.9544997361036416}}}},
        {"tanh, by hand",
         {given({3}, {-1, 0, 2})},
         [](Xs x) { return gelu(x[0], GeluForm::tanh); },
         {{{3}, {-0.15880800939172324, 0, 1.954597694087775}}}}},
       {}},
      {"cast",
       "y = x as another dtype",
       every_dtype,
       // Rounding to f32 is a staircase without finite differences. tests/ops/elementwise.cpp tests its gradient.
       0,
       {{"there and back", {given({4}, {0, 1, -2, 1.5})}, cast_f, {{{4}, {0, 1, -2, 1.5}}}},
        {"to i32", {given({3}, {-1.75, 0, 2.75})}, [](Xs x) { return cast(x[0], DType::i32); }, {{{3}, {-1, 0, 2}}}},
        {"to i64", {given({3}, {-1.75, 0, 2.75})}, [](Xs x) { return cast(x[0], DType::i64); }, {{{3}, {-1, 0, 2}}}},
        {"to bool", {given({3}, {-1.75, 0, 2})}, [](Xs x) { return cast(x[0], DType::boolean); }, {{{3}, {1, 0, 1}}}},
        {"nothing", {{{0, 2}}}, cast_f},
        {"large", {{{257, 301}}}, [](Xs x) { return cast(x[0], DType::i64); }, {}, {}, Size::large}},
       {{[](Device) { cast(Tensor(), DType::f32); }, "[cast] need a tensor, got an undefined one"}}},
      {"to",
       "y = x on another device",
       every_dtype,
       2,
       {{"there and back",
         {given({2, 2}, {1, 0, -2, 3})},
         [](Xs x) {
           const Device here = x[0].device(), there = here == devices().front() ? devices().back() : devices().front();
           return to(to(x[0], there), here);
         },
         {{{2, 2}, {1, 0, -2, 3}}}}},
       {}},
  };
}

}  // namespace grus::test
