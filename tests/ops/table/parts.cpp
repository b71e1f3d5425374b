// Rows of ops that take parts of tensors, or put some there: triangles, diagonals, windows, masks.
#include "ops/math/elementwise.h"
#include "ops/math/mask.h"
#include "ops/math/shape.h"
#include "ops/math/triangle.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

Input counted(Shape shape) {
  std::vector<double> all;
  for (int64_t i = 0; i < shape.numel(); ++i) all.push_back(static_cast<double>(i + 1));
  return given(shape, all);
}

Row triangle_row(const char* name, const char* equation, Tensor (*f)(const Tensor&, int64_t), std::vector<double> on,
                 std::vector<double> above) {
  const std::string op = name;
  const auto from = [f](int64_t diagonal) -> Function { return [=](const Tensor& x) { return f(x, diagonal); }; };
  return {op,
          equation,
          every_dtype,
          2,
          {{"a batch", {{{2, 3, 4}}}, from(-1)},
           {"nothing", {{{0, 3}}}, from(0)},
           {"by hand", {counted({2, 3})}, from(0), {{{2, 3}, on}}},
           {"from 1, by hand", {counted({2, 3})}, from(1), {{{2, 3}, above}}},
           {"far away", {counted({2, 2})}, from(int64_t{1} << 62)}},
          {{[f](Device) { f(Tensor(), 0); }, "[" + op + "] need a tensor, got an undefined one"},
           {[f](Device d) { f(zeros({3}, d), 0); }, "[" + op + "] need matrices (..., M, N), got (3)"}}};
}

std::vector<Row> matrix_rows() {
  return {
      triangle_row("triu", "x where column - row >= diagonal, else 0", triu, {1, 2, 3, 0, 5, 6}, {0, 2, 3, 0, 0, 6}),
      triangle_row("tril", "x where column - row <= diagonal, else 0", tril, {1, 0, 0, 4, 5, 0}, {1, 2, 0, 4, 5, 6}),
      {"diagonal",
       "y[..., k] = x at (k, k + offset) of two axes",
       every_dtype,
       2,
       {{"of a batch", {{{2, 3, 4}}}, [](const Tensor& x) { return diagonal(x, 1, 1, 2); }},
        {"other axes", {{{3, 2, 4}}}, [](const Tensor& x) { return diagonal(x, -1, 2, 0); }},
        {"past the end", {{{2, 2}}}, [](const Tensor& x) { return diagonal(x, 2); }, {{{0}, {}}}},
        {"by hand", {counted({2, 3})}, [](const Tensor& x) { return diagonal(x); }, {{{2}, {1, 5}}}},
        {"above, by hand", {counted({2, 3})}, [](const Tensor& x) { return diagonal(x, 1); }, {{{2}, {2, 6}}}}},
       {{[](Device d) {
           diagonal(zeros({2, 2}, d), 0, 1, -1);
         },
         "[diagonal] need two axes, got 1 twice"},
        {[](Device d) {
           diagonal(zeros({2, 2}, d), 3);
         },
         "[diagonal] need an offset in [-2, 2], got 3"}}}};
}

std::vector<Row> sliding_window_rows() {
  return {
      {"roll",
       "y_i = x_{i - shift}, counted around the end",
       every_dtype,
       2,
       {{"the middle axis", {{{2, 3, 2}}}, [](const Tensor& x) { return roll(x, 1, 1); }},
        {"all around", {{{4}}}, [](const Tensor& x) { return roll(x, 8, 0); }},
        {"nothing", {{{0, 2}}}, [](const Tensor& x) { return roll(x, 1, 0); }},
        {"by hand", {counted({4})}, [](const Tensor& x) { return roll(x, 1, 0); }, {{{4}, {4, 1, 2, 3}}}},
        {"back, by hand", {counted({4})}, [](const Tensor& x) { return roll(x, -5, 0); }, {{{4}, {2, 3, 4, 1}}}}},
       {{[](Device d) { roll(zeros({2}, d), 1, 1); }, "[roll] need an axis in [-1, 1), got 1"}}},
      {"unfold",
       "y[..., i, ..., j] = x[..., i step + j, ...]",
       every_dtype,
       2,
       {{"the middle axis", {{{2, 5, 2}}}, [](const Tensor& x) { return unfold(x, 1, 3, 2); }},
        {"windows apart", {{{7}}}, [](const Tensor& x) { return unfold(x, 0, 2, 3); }},
        {"one window", {{{2, 3}}}, [](const Tensor& x) { return unfold(x, 1, 3, 1); }},
        {"windows of nothing", {{{3}}}, [](const Tensor& x) { return unfold(x, 0, 0, 1); }, {{{4, 0}, {}}}},
        {"by hand", {counted({4})}, [](const Tensor& x) { return unfold(x, 0, 2, 1); }, {{{3, 2}, {1, 2, 2, 3, 3, 4}}}},
        {"large", {{{2, 3001}}}, [](const Tensor& x) { return unfold(x, 1, 16, 1); }, {}, {}, Size::large}},
       {{[](Device d) { unfold(zeros({3}, d), 0, 4, 1); },
         "[unfold] need a step of at least 1 and a size in [0, 3], got step 1 and size 4"}}},
      {"overlap_add",
       "windows added up where unfold would take them from",
       numbers,
       2,
       {{"the middle axis", {{{2, 2, 2, 3}}}, [](const Tensor& x) { return overlap_add(x, 1, 2, 5); }},
        {"few wide windows", {{{2, 5}}}, [](const Tensor& x) { return overlap_add(x, 0, 1, 6); }},
        {"a rest behind them", {{{2, 2}}}, [](const Tensor& x) { return overlap_add(x, 0, 3, 7); }},
        {"by hand", {counted({3, 2})}, [](const Tensor& x) { return overlap_add(x, 0, 1, 4); }, {{{4}, {1, 5, 9, 6}}}}},
       {{[](Device d) {
           overlap_add(zeros({3, 2}, d), 0, 1, 9);
         },
         "[overlap_add] need a step of at least 1 and a length that has 3 windows of 2, got step 1 and length 9"}}}};
}

std::vector<Row> mask_rows() {
  const Function select = [](In in) { return masked_select(in["x"], in["mask"]); };
  return {{"nonzero",
           "the places of what is other than 0",
           numbers_and_bool,
           0,
           {{"by hand",
             {given({2, 3}, {0, 1, 0, 1, 0, 1})},
             [](const Tensor& x) { return nonzero(x); },
             {{{3, 2}, {0, 1, 1, 0, 1, 2}}}},
            {"nothing", {given({2}, {0, 0})}, [](const Tensor& x) { return nonzero(x); }, {{{0, 1}, {}}}},
            {"of nothing", {{{0, 2}}}, [](const Tensor& x) { return nonzero(x); }},
            {"a scalar", {given({}, {1})}, [](const Tensor& x) { return nonzero(x); }, {{{1, 0}, {}}}}},
           {{[](Device) { nonzero(Tensor()); }, "[nonzero] need a tensor, got an undefined one"}}},
          {"masked_select",
           "the elements of x where mask holds",
           every_dtype,
           2,
           {{"by hand", {mask({2, 2}, {1, 0, 1, 1}), counted({2, 2})}, select, {{{3}, {1, 3, 4}}}},
            {"a mask that broadcasts", {mask({3}, {1, 0, 1}), {{2, 3}}}, select},
            {"an x that broadcasts", {mask({2, 2}, {1, 1, 0, 1}), {{2}}}, select},
            {"nothing", {mask({2}, {0, 0}), {{2}}}, select, {{{0}, {}}}}},
           {{[](Device d) { masked_select(zeros({2}, d), zeros({2}, d)); },
             "[masked_select] need a bool mask, got f64 (2)"}}}};
}

std::vector<Row> index_put_rows() {
  const auto put = [](bool accumulate) -> Function {
    return [=](In in) { return index_put(in["x"], {in["ids"]}, in["values"], accumulate); };
  };
  const auto at_places = [](bool accumulate) -> Function {
    return [=](In in) { return index_put(in["x"], {in["rows"], in["columns"]}, in["values"], accumulate); };
  };
  const Input twice = ids({3}, {1, 1, 0}), three = given("values", {3, 1}, {7, 8, 9});
  const Input rows = ids("rows", {2, 1}, {1, 0}), columns = ids("columns", {2}, {0, 1});
  return {{"index_put",
           "y = x, then y[ids] = values",
           every_dtype,
           2,
           {{"rows", {ids({2}, {2, 0}), {{3, 2}}, {"values", {2, 2}}}, put(false)},
            {"the last of several stays", {twice, counted({2, 2}), three}, put(false), {{{2, 2}, {9, 9, 8, 8}}}},
            {"places", {rows, columns, {{2, 3}}, {"values", {2, 2}}}, at_places(false)},
            {"a number everywhere", {ids({2}, {0, 2}), {{3}}, {"values", {}}}, put(false)},
            {"no ids", {ids({0}, {}), {{3}}, {"values", {0}}}, put(false)}},
           {{[](Device d) {
               index_put(zeros({3, 2}, d), {i64({3}, {1}, d)}, zeros({1, 2}, d));
             },
             "[index_put] need ids in [0, 3), got 3 at (0)"},
            {[](Device d) {
               index_put(zeros({3, 2}, d), {i64({0}, {1}, d)}, zeros({3}, d));
             },
             "[index_put] need shapes that broadcast together, got (3) and (1, 2)"},
            {[](Device d) {
               index_put(zeros({3}, d), {i64({0}, {1}, d), i64({0}, {1}, d)}, zeros({1}, d));
             },
             "[index_put] need ids for 1 to 1 leading axes of x (3), got 2"}}},
          {"index_put (accumulate)",
           "y = x, then y[ids] += values",
           numbers,
           2,
           {{"all are added", {twice, counted({2, 2}), three}, put(true), {{{2, 2}, {10, 11, 18, 19}}}},
            {"places", {rows, columns, {{2, 3}}, {"values", {2, 2}}}, at_places(true)}},
           {}}};
}

}  // namespace

std::vector<Row> piece_rows() {
  std::vector<Row> all = index_put_rows();
  for (auto family : {matrix_rows, sliding_window_rows, mask_rows})
    for (Row& row : family()) all.push_back(std::move(row));
  return all;
}

}  // namespace grus::test
