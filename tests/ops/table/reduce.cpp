#include "ops/math/reduce.h"
#include "ops/math/moments.h"

#include <limits>

#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

using Reduce = Tensor (*)(const Tensor&, const Axes&, bool);

/// `by_hand` has the results for x (2, 3) = 1 5 3 4 2 6 over all, over axis 0, and over axis 1 kept.
Row row_of(const char* name, const char* equation, Reduce f, const std::vector<DType>& dtypes, int gradients,
           bool of_nothing, std::vector<std::vector<double>> by_hand) {
  const Input x = given({2, 3}, {1, 5, 3, 4, 2, 6});
  const std::string op = name;
  const auto over = [f](Axes axes, bool keepdim = false) -> Function {
    return [=](const Tensor& x) { return f(x, axes, keepdim); };
  };
  Row row{op,
          equation,
          dtypes,
          gradients,
          {{"all axes", {{{2, 3, 2}}}, over({})},
           {"the last axis", {{{2, 3, 2}}}, over(-1)},
           {"the middle axis, kept", {{{2, 3, 2}}}, over(1, true)},
           {"first and last axis", {{{2, 3, 2}}}, over({0, -1})},
           {"an axis of size 1", {{{2, 1}}}, over(1)},
           {"a scalar", {{{}}}, over({})},
           {"beside an empty axis", {{{0, 3}}}, over(1)},
           {"all, by hand", {x}, over({}), {{{}, by_hand[0]}}},
           {"axis 0, by hand", {x}, over(0), {{{3}, by_hand[1]}}},
           {"axis 1 kept, by hand", {x}, over(1, true), {{{2, 1}, by_hand[2]}}},
           {"large", {{{257, 301}}}, over({}), {}, {}, Size::large},
           {"large, axis 0", {{{257, 301}}}, over(0), {}, {}, Size::large},
           {"large, axis 1", {{{257, 301}}}, over(1), {}, {}, Size::large}},
          {{[f](Device) { f(Tensor(), {}, false); }, "[" + op + "] need a tensor, got an undefined one"},
           {[f](Device d) {
              f(Tensor::zeros({2, 3}, DType::f64, d), 2, false);
            },
            "[" + op + "] need an axis in [-2, 2), got 2"},
           {[f](Device d) {
              f(Tensor::zeros({2, 3}, DType::f64, d), {0, -2}, false);
            },
            "[" + op + "] need each axis once, got -2 twice"}},
          1e-4};
  if (of_nothing) row.samples.push_back({"an empty axis", {{{0, 3}}}, over(0)});
  else
    row.errors.push_back({[f](Device d) {
                            f(Tensor::zeros({0, 3}, DType::f64, d), 0, false);
                          },
                          "[" + op + "] need at least one element to reduce, got x of shape (0, 3)"});
  return row;
}

Row logsumexp_row() {
  Row row = row_of("logsumexp", "y = log sum exp x", logsumexp, floats, 2, false,
                   {{6.456193316018123},
                    {4.048587351573742, 5.048587351573742, 6.048587351573742},
                    {5.142931628499899, 6.142931628499899}});
  row.samples.push_back({"extremes",
                         {given({4, 2}, {1000, 1000, -inf, -inf, inf, 0, -1000, 0})},
                         [](const Tensor& x) { return logsumexp(x, 1); },
                         {{{4}, {1000.6931471805599, -inf, inf, 0}}},
                         {},
                         Size::extreme});
  return row;
}

Row sum_to_row() {
  return {"sum_to",
          "y = sum of x over the axes along which y's shape broadcasts",
          numbers,
          2,
          {{"(3, 1)",
            {{{2, 3, 2}}},
            [](const Tensor& x) {
              return sum_to(x, {3, 1});
            }},
           {"a scalar", {{{2, 3}}}, [](const Tensor& x) { return sum_to(x, {}); }},
           {"its own shape",
            {{{2, 3}}},
            [](const Tensor& x) {
              return sum_to(x, {2, 3});
            }},
           {"an empty axis",
            {{{0, 3}}},
            [](const Tensor& x) {
              return sum_to(x, {1, 3});
            }},
           {"by hand",
            {given({2, 3}, {1, 5, 3, 4, 2, 6})},
            [](const Tensor& x) {
              return sum_to(x, {2, 1});
            },
            {{{2, 1}, {9, 12}}}}},
          {{[](Device d) {
              sum_to(Tensor::zeros({2, 3}, DType::f64, d), {2});
            },
            "[sum_to] need shapes that broadcast together, got (2) and (2, 3)"},
           {[](Device d) {
              sum_to(Tensor::zeros({1, 3}, DType::f64, d), {2, 3});
            },
            "[sum_to] need a shape that broadcasts to (1, 3), got (2, 3)"}}};
}

/// The row gives what is known of x (2, 3) = 1 5 3 4 2 6: over all elements, over axis 1, and the places along it.
Row extremum_row(const char* name, const char* equation, Tensor (*of_all)(const Tensor&),
                 Extremum (*along)(const Tensor&, int, bool), double all, std::vector<double> values,
                 std::vector<double> places) {
  const Input x = given({2, 3}, {1, 5, 3, 4, 2, 6});
  const std::string op = name;
  const auto over = [along](int axis, bool keepdim = false) -> Function {
    return [=](const Tensor& x) {
      const Extremum y = along(x, axis, keepdim);
      return Tensors{y.values, y.ids};
    };
  };
  return {op,
          equation,
          numbers,
          2,
          {{"all axes", {{{2, 3, 2}}}, [of_all](const Tensor& x) { return of_all(x); }},
           {"all, by hand", {x}, [of_all](const Tensor& x) { return of_all(x); }, {{{}, {all}}}},
           {"the last axis", {{{2, 3, 2}}}, over(-1)},
           {"the middle axis, kept", {{{2, 3, 2}}}, over(1, true)},
           {"beside an empty axis", {{{0, 3}}}, over(1)},
           {"axis 1, by hand", {x}, over(1), {{{2}, values}, {{2}, places}}},
           {"axis 1 kept, by hand", {x}, over(1, true), {{{2, 1}, values}, {{2, 1}, places}}},
           {"large, axis 1", {{{257, 301}}}, over(1), {}, {}, Size::large}},
          {{[=](Device) { (void)of_all(Tensor()); }, "[" + op + "] need a tensor, got an undefined one"},
           {[=](Device d) {
              (void)along(Tensor::zeros({2, 3}, DType::f64, d), 2, false);
            },
            "[" + op + "] need an axis in [-2, 2), got 2"},
           {[=](Device d) {
              (void)along(Tensor::zeros({0, 3}, DType::f64, d), 0, false);
            },
            "[" + op + "] need at least one element to reduce, got x of shape (0, 3)"}}};
}

/// Rows of var, stddev and norm, each with its numbers for x (2, 3) = 1 5 3 4 2 6 over axis 1.
Row moment_row(const char* name, const char* equation, const std::function<Tensor(const Tensor&, Axes, bool)>& f,
               std::vector<double> by_hand) {
  const auto over = [f](Axes axes, bool keepdim = false) -> Function {
    return [=](const Tensor& x) { return f(x, axes, keepdim); };
  };
  const std::string op = name;
  return {op,
          equation,
          floats,
          2,
          {{"all axes", {{{2, 3, 2}}}, over({})},
           {"the last axis", {{{2, 3, 2}}}, over(-1)},
           {"the middle axis, kept", {{{2, 3, 2}}}, over(1, true)},
           {"first and last axis", {{{2, 3, 2}}}, over({0, -1})},
           {"beside an empty axis", {{{0, 3}}}, over(1)},
           {"axis 1, by hand", {given({2, 3}, {1, 5, 3, 4, 2, 6})}, over(1), {{{2}, by_hand}}},
           {"large", {{{257, 301}}}, over({}), {}, {}, Size::large},
           {"large, axis 0", {{{257, 301}}}, over(0), {}, {}, Size::large}},
          {{[f](Device) { f(Tensor(), {}, false); }, "[" + op + "] need a tensor, got an undefined one"},
           {[f](Device d) {
              f(Tensor::zeros({2, 3}, DType::f64, d), 2, false);
            },
            "[" + op + "] need an axis in [-2, 2), got 2"}},
          1e-4};
}

std::vector<Row> moment_rows() {
  Row var_row = moment_row("var", "y = sum (x - mean)^2 / (n - correction)",
                           [](const Tensor& x, Axes axes, bool keepdim) { return var(x, axes, 1, keepdim); }, {4, 4});
  var_row.samples.push_back({"correction 0",
                             {given({2, 3}, {1, 5, 3, 4, 2, 6})},
                             [](const Tensor& x) { return var(x, {}, 0); },
                             {{{}, {35.0 / 12}}}});
  var_row.errors.push_back({[](Device d) {
                              var(Tensor::zeros({3, 1}, DType::f64, d), 1);
                            },
                            "[var] need more than 1 elements to reduce, got x of shape (3, 1)"});
  var_row.errors.push_back({[](Device d) { var(Tensor::zeros({3}, DType::f64, d), {}, -1); },
                            "[var] need a correction of at least 0, got -1"});
  Row norm_row = moment_row("norm", "y = sqrt(sum x^2); p = 1: sum |x|; p = inf: max |x|",
                            [](const Tensor& x, Axes axes, bool keepdim) { return norm(x, 2, axes, keepdim); },
                            {5.916079783099616, 7.483314773547883});
  norm_row.samples.push_back({"the last axis, by hand",
                              {given({2, 2}, {3, -4, 5, 12})},
                              [](const Tensor& x) { return norm(x, 2, -1); },
                              {{{2}, {5, 13}}}});
  for (const double p : {1.0, inf})
    norm_row.samples.push_back({p == 1 ? "p = 1" : "p = inf",
                                {given({2, 3}, {1, -5, 3, -4, 2, 6})},
                                [p](const Tensor& x) { return norm(x, p, 1, true); },
                                {{{2, 1}, p == 1 ? std::vector<double>{9, 12} : std::vector<double>{5, 6}}}});
  norm_row.errors.push_back(
      {[](Device d) { norm(Tensor::zeros({3}, DType::f64, d), 3); }, "[norm] need p = 1, 2 or infinity, got 3"});
  norm_row.errors.push_back({[](Device d) { norm(Tensor::zeros({0}, DType::f64, d), inf); },
                             "[norm] need at least one element to reduce, got x of shape (0)"});
  return {var_row,
          moment_row("stddev", "y = sqrt(var(x))",
                     [](const Tensor& x, Axes axes, bool keepdim) { return stddev(x, axes, 1, keepdim); }, {2, 2}),
          norm_row};
}

/// Rows of any and all.
Row truth_row(const char* name, const char* equation, Tensor (*f)(const Tensor&, const Axes&, bool), double of_nothing,
              std::vector<double> by_hand) {
  const auto over = [f](Axes axes, bool keepdim = false) -> Function {
    return [=](const Tensor& x) { return f(x, axes, keepdim); };
  };
  const std::string op = name;
  return {op,
          equation,
          numbers_and_bool,
          0,
          {{"axis 1, by hand", {given({3, 2}, {0, 0, 0, 1, 1, 1})}, over(1), {{{3}, by_hand}}},
           {"axis 0 of three", {given({2, 1, 3}, {0, 1, 0, 0, 1, 1})}, over(0, true)},
           {"first and last axis", {given({2, 2, 2}, {0, 1, 1, 1, 0, 0, 1, 1})}, over({0, 2})},
           {"of nothing", {given({0, 2}, {})}, over(0), {{{2}, {of_nothing, of_nothing}}}},
           {"a scalar", {given({}, {1})}, over({}), {{{}, {1}}}},
           {"large", {{{257, 301}}}, over(0), {}, {}, Size::large},
           {"large, all", {{{257, 301}}}, over({}), {}, {}, Size::large}},
          {{[f](Device) { f(Tensor(), {}, false); }, "[" + op + "] need a tensor, got an undefined one"},
           {[f](Device d) {
              f(Tensor::zeros({2, 3}, DType::f64, d), 2, false);
            },
            "[" + op + "] need an axis in [-2, 2), got 2"}}};
}

}  // namespace

std::vector<Row> reduce_rows() {
  Row largest =
      row_of("amax", "y = max x; equal winners share the gradient", amax, numbers, 2, false, {{6}, {4, 5, 6}, {5, 6}});
  Row mean_row = row_of("mean", "y = sum x / count", mean, floats, 2, false, {{3.5}, {2.5, 3.5, 4.5}, {3, 4}});
  Row first = row_of("argmax", "place of the first largest", argmax, numbers, 0, false, {{5}, {1, 0, 1}, {1, 2}});
  first.samples.push_back({"the first of equals",
                           {given({2, 2}, {1, 3, 3, 3})},
                           [](const Tensor& x) {
                             return argmax(x, {0, 1});
                           },
                           {{{}, {1}}}});
  first.samples.push_back({"several axes, in row-major order",
                           {given({2, 2, 2}, {0, 9, 1, 2, 3, 4, 5, 6})},
                           [](const Tensor& x) {
                             return argmax(x, {0, 2});
                           },
                           {{{2}, {1, 3}}}});
  std::vector<Row> rows{
      row_of("sum", "y = sum x", sum, numbers, 2, true, {{21}, {5, 7, 9}, {9, 12}}),
      mean_row,
      largest,
      row_of("amin", "y = min x; equal winners share the gradient", amin, numbers, 2, false, {{1}, {1, 2, 3}, {1, 2}}),
      extremum_row("max", "y = max x; of one axis also the place of the first, which the gradient goes to", max, max, 6,
                   {5, 6}, {1, 2}),
      extremum_row("min", "y = min x; of one axis also the place of the first, which the gradient goes to", min, min, 1,
                   {1, 2}, {0, 1}),
      logsumexp_row(),
      first,
      row_of("argmin", "place of the first smallest", argmin, numbers, 0, false, {{0}, {0, 1, 0}, {0, 1}}),
      sum_to_row(),
      row_of("prod", "y = product of x", prod, numbers, 2, true, {{720}, {4, 10, 18}, {15, 48}}),
      truth_row("any", "whether any is other than 0", any, 0, {0, 1, 1}),
      truth_row("all", "whether all are other than 0", all, 1, {0, 0, 1})};
  for (Row& row : moment_rows()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace grus::test
