// Rows of ops along an axis, each element of which depends on others: sums and products so far, recurrences, order.
#include "ops/math/cumulative.h"
#include "ops/math/sort.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

Row cumulative_row(const char* name, const char* equation, Tensor (*f)(const Tensor&, int), std::vector<double> down,
                   std::vector<double> across) {
  const std::string op = name;
  const auto over = [f](int axis) -> Function { return [=](const Tensor& x) { return f(x, axis); }; };
  const Input x = given({2, 3}, {1, 0, 3, 4, 2, 6});
  return {op,
          equation,
          numbers,
          2,
          {{"the last axis", {{{2, 4}}}, over(-1)},
           {"the middle axis", {{{2, 3, 2}}}, over(1)},
           {"axis 0", {{{4, 2}}}, over(0)},
           {"size 1", {{{2, 1}}}, over(1)},
           {"a scalar", {{{}}}, over(0)},
           {"nothing", {{{0, 3}}}, over(0)},
           {"nothing beside it", {{{3, 0}}}, over(0)},
           {"two zeros", {given({5}, {2, 0, -1, 0, 3})}, over(0)},
           {"axis 0, by hand", {x}, over(0), {{{2, 3}, down}}},
           {"axis 1, by hand", {x}, over(1), {{{2, 3}, across}}},
           {"large", {{{3, 1001}, 0.9, 1.1}}, over(1), {}, {}, Size::large, true},
           {"large, axis 0", {{{257, 301}, 0.98, 1.02}}, over(0), {}, {}, Size::large, true}},
          {{[f](Device) { f(Tensor(), 0); }, "[" + op + "] need a tensor, got an undefined one"},
           {[f](Device d) {
              f(Tensor::zeros({2, 3}, DType::f64, d), 2);
            },
            "[" + op + "] need an axis in [-2, 2), got 2"}},
          1e-4};
}

Row recurrence_row() {
  const auto over = [](int axis, bool backwards = false) -> Function {
    return [=](In in) { return linear_recurrence(in["a"], in["b"], axis, backwards); };
  };
  return {
      "linear_recurrence",
      "y_i = a_i y_{i-1} + b_i, y_0 = b_0",
      numbers,
      2,
      {{"the last axis", {{"a", {2, 4}}, {"b", {2, 4}}}, over(-1)},
       {"axis 0, backwards", {{"a", {4, 2}}, {"b", {4, 2}}}, over(0, true)},
       {"one step", {{"a", {1, 2}}, {"b", {1, 2}}}, over(0)},
       {"nothing", {{"a", {0, 2}}, {"b", {0, 2}}}, over(0)},
       {"by hand", {given("a", {4}, {9, 2, 0, 3}), given("b", {4}, {1, 2, 3, 4})}, over(0), {{{4}, {1, 4, 3, 13}}}},
       {"backwards, by hand",
        {given("a", {4}, {9, 2, 0, 3}), given("b", {4}, {1, 2, 3, 4})},
        over(0, true),
        {{{4}, {73, 8, 3, 4}}}},
       {"large", {{"a", {257, 301}, -1, 1}, {"b", {257, 301}}}, over(1), {}, {}, Size::large, true}},
      {{[](Device d) { linear_recurrence(Tensor::zeros({2}, DType::f64, d), Tensor::zeros({3}, DType::f64, d), 0); },
        "[linear_recurrence] need a and b of one shape, of an axis or more, got (2) and (3)"}},
      1e-4};
}

Function sorted(int axis, bool descending = false) {
  return [=](const Tensor& x) -> Tensors {
    const Sorted y = sort(x, axis, descending);
    return {y.values, y.ids};
  };
}

Row sort_row() {
  const Input ties = given({2, 4}, {1, 3, 1, 3, 0, 9, -1, 9});
  return {"sort",
          "y = x in order along an axis, and the places it came from",
          numbers,
          2,
          {{"the last axis", {{{2, 5}}}, sorted(-1)},
           {"the middle axis, descending", {{{2, 4, 3}}}, sorted(1, true)},
           {"a scalar", {{{}}}, sorted(0)},
           {"nothing", {{{0, 3}}}, sorted(0)},
           {"nothing beside it", {{{3, 0}}}, sorted(0)},
           {"ties keep their order",
            {ties},
            sorted(1),
            {{{2, 4}, {1, 1, 3, 3, -1, 0, 9, 9}}, {{2, 4}, {0, 2, 1, 3, 2, 0, 1, 3}}},
            {},
            Size::extreme},
           {"ties keep their order, descending",
            {ties},
            sorted(1, true),
            {{{2, 4}, {3, 3, 1, 1, 9, 9, 0, -1}}, {{2, 4}, {1, 3, 0, 2, 1, 3, 0, 2}}},
            {},
            Size::extreme},
           {"large", {{{7, 3001}}}, sorted(1), {}, {}, Size::large, true},
           {"large, many rows", {{{301, 97}}}, sorted(1, true), {}, {}, Size::large, true}},
          {{[](Device) { (void)sort(Tensor()); }, "[sort] need a tensor, got an undefined one"},
           {[](Device d) {
              (void)sort(Tensor::zeros({2, 3}, DType::f64, d), 2);
            },
            "[sort] need an axis in [-2, 2), got 2"}}};
}

}  // namespace

std::vector<Row> along_rows() {
  return {cumulative_row("cumsum", "y_i = x_0 + ... + x_i", cumsum, {1, 0, 3, 5, 2, 9}, {1, 1, 4, 4, 6, 12}),
          cumulative_row("cumprod", "y_i = x_0 ... x_i", cumprod, {1, 0, 3, 4, 0, 18}, {1, 0, 0, 4, 8, 48}),
          recurrence_row(),
          sort_row(),
          {"argsort",
           "the places from which sort takes its values",
           numbers,
           0,
           {{"by hand", {given({4}, {3, 1, 2, 1})}, [](const Tensor& x) { return argsort(x); }, {{{4}, {1, 3, 2, 0}}}}},
           {{[](Device) { argsort(Tensor()); }, "[argsort] need a tensor, got an undefined one"}}}};
}

}  // namespace grus::test
