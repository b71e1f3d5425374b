// Ops that pick elements by ids.
#include "ops/math/index.h"

#include "ops/math/elementwise.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

Tensor three_zero_rows(Device d) { return zeros({3, 2}, d); }
Input three_rows(const char* name = "x") { return given(name, {3, 2}, {1, 0, 3, 4, 0, 6}); }

std::vector<double> spread_ids(int count, int size) {
  std::vector<double> all;
  for (int i = 0; i < count; ++i) all.push_back((i * 37) % size);
  return all;
}

Row rows_row(const std::string& op, Tensor (*f)(const Tensor&, const Tensor&)) {
  const Function pick = [f](In in) { return f(in["table"], in["ids"]); };
  return {op,
          "y[i...] = table[ids[i...]]",
          every_dtype,
          2,
          {{"repeated ids", {ids({2, 2}, {3, 0, 3, 1}), {"table", {4, 3}}}, pick},
           {"a vector", {ids({3}, {3, 0, 3}), {"table", {4}}}, pick},
           {"rows of two axes", {ids({2}, {2, 2}), {"table", {3, 2, 2}}}, pick},
           {"one id", {ids({}, {1}), {"table", {3, 2}}}, pick},
           {"no ids", {ids({0}, {}), {"table", {3, 2}}}, pick},
           {"empty rows", {ids({1}, {1}), {"table", {3, 0}}}, pick},
           {"i32 ids",
            {ids({2}, {1, 1}), {"table", {3, 2}}},
            [f](In in) { return f(in["table"], cast(in["ids"], DType::i32)); }},
           {"by hand", {ids({2}, {2, 0}), three_rows("table")}, pick, {{{2, 2}, {0, 6, 1, 0}}}},
           {"large", {ids({1000}, spread_ids(1000, 301)), {"table", {301, 97}}}, pick, {}, {}, Size::large}},
          {{[f](Device d) {
              f(three_zero_rows(d), i64({0, 3}, {2}, d));
            },
            "[" + op + "] need ids in [0, 3), got 3 at (1)"},
           {[f](Device d) {
              f(three_zero_rows(d), i32({0, -1}, {2}, d));
            },
            "[" + op + "] need ids in [0, 3), got -1 at (1)"},
           {[f](Device d) { f(three_zero_rows(d), three_zero_rows(d)); },
            "[" + op + "] need i32 or i64 ids, got f64 (3, 2)"}}};
}

std::vector<Row> along_axis_rows() {
  return {
      {"index_select",
       "entries ids of an axis",
       every_dtype,
       2,
       {{"the middle axis",
         {ids({3}, {3, 0, 3}), {{2, 4, 3}}},
         [](In in) { return index_select(in["x"], 1, in["ids"]); }},
        {"the last axis", {ids({1}, {1}), {{2, 4}}}, [](In in) { return index_select(in["x"], -1, in["ids"]); }},
        {"by hand",
         {ids({3}, {1, 1, 0}), three_rows()},
         [](In in) { return index_select(in["x"], 1, in["ids"]); },
         {{{3, 3}, {0, 0, 1, 4, 4, 3, 6, 6, 0}}}}},
       {{[](Device d) { index_select(three_zero_rows(d), 0, i64({3}, {1}, d)); },
         "[index_select] need ids in [0, 3), got 3 at (0)"},
        {[](Device d) {
           index_select(three_zero_rows(d), 1, i64({0}, {1, 1}, d));
         },
         "[index_select] need ids (K), got (1, 1)"}}},
      {"gather",
       "y[i, j, k] = x[i, ids[i, j, k], k] for axis 1",
       every_dtype,
       2,
       {{"the middle axis",
         {ids({2, 2, 2}, {0, 2, 2, 1, 1, 1, 0, 0}), {{2, 3, 2}}},
         [](In in) { return gather(in["x"], 1, in["ids"]); }},
        {"axis 0, fewer columns", {ids({1, 2}, {2, 0}), {{3, 2}}}, [](In in) { return gather(in["x"], 0, in["ids"]); }},
        {"by hand",
         {ids({3, 1}, {1, 0, 1}), three_rows()},
         [](In in) { return gather(in["x"], 1, in["ids"]); },
         {{{3, 1}, {0, 3, 6}}}}},
       {{[](Device d) {
           gather(three_zero_rows(d), 1, i64({2}, {1, 1}, d));
         },
         "[gather] need ids in [0, 2), got 2 at (0, 0)"},
        {[](Device d) { gather(three_zero_rows(d), 1, i64({0}, {1}, d)); },
         "[gather] need ids with the rank of x, and sizes of at most x's but along axis 1, got x (3, 2) and ids (1)"}}},
      {"top_k",
       "the k largest along the last axis",
       numbers,
       2,
       {{"(2, 5)", {{{2, 5}}}, [](const Tensor& x) { return top_k(x, 3).values; }},
        {"ties take the lowest id",
         {given({2, 4}, {1, 3, 3, 2, 0, 9, 1, 2})},
         [](const Tensor& x) -> Tensors {
           const TopK best = top_k(x, 3);
           return {best.values, best.ids};
         },
         {{{2, 3}, {3, 3, 2, 9, 2, 1}}, {{2, 3}, {1, 2, 3, 1, 3, 2}}},
         {},
         Size::extreme},
        {"large", {{{97, 1001}}}, [](const Tensor& x) { return top_k(x, 5).values; }, {}, {}, Size::large}},
       {{[](Device d) { top_k(three_zero_rows(d), 3); }, "[top_k] need k in [1, 2], got 3"}}},
  };
}

std::vector<Row> adding_rows() {
  return {
      {"scatter_add",
       "y = x, then y[i, ids[i, j, k], k] += source[i, j, k] for axis 1",
       numbers,
       2,
       {{"axis 1",
         {ids({2, 2}, {0, 2, 1, 1}), {{2, 3}}, {"source", {2, 2}}},
         [](In in) { return scatter_add(in["x"], 1, in["ids"], in["source"]); }},
        {"by hand",
         {ids({2, 2}, {1, 1, 1, 0}), three_rows(), given("source", {2, 2}, {10, 20, 30, 40})},
         [](In in) { return scatter_add(in["x"], 0, in["ids"], in["source"]); },
         {{{3, 2}, {1, 40, 43, 24, 0, 6}}}}},
       {{[](Device d) {
           scatter_add(three_zero_rows(d), 0, i64({0}, {1, 1}, d), three_zero_rows(d));
         },
         "[scatter_add] need a source of the shape of ids, got (3, 2) and ids (1, 1)"}}},
      {"scatter_rows",
       "rows of x added into zeros at ids",
       numbers,
       2,
       {{"(3, 2)", {ids({3}, {4, 0, 4}), {{3, 2}}}, [](In in) { return scatter_rows(in["x"], in["ids"], 5); }},
        {"by hand",
         {ids({3}, {1, 1, 0}), three_rows()},
         [](In in) { return scatter_rows(in["x"], in["ids"], 2); },
         {{{2, 2}, {0, 6, 4, 4}}}},
        {"large",
         {ids({1000}, spread_ids(1000, 301)), {{1000, 97}}},
         [](In in) { return scatter_rows(in["x"], in["ids"], 301); },
         {},
         {},
         Size::large}},
       {{[](Device d) { scatter_rows(three_zero_rows(d), i64({0}, {1}, d), 4); },
         "[scatter_rows] need x (N, ...) and ids (N), got x (3, 2) and ids (1)"}}},
      {"masked_fill",
       "x, with a value where mask holds",
       every_dtype,
       2,
       {{"mask broadcast", {mask({3}, {1, 0, 1}), {{2, 3}}}, [](In in) { return masked_fill(in["x"], in["mask"], 1); }},
        {"by hand",
         {mask({2}, {1, 0}), three_rows()},
         [](In in) { return masked_fill(in["x"], in["mask"], 9); },
         {{{3, 2}, {9, 0, 9, 4, 9, 6}}}}},
       {{[](Device d) { masked_fill(three_zero_rows(d)[0], greater(three_zero_rows(d), 0.0), 1); },
         "[masked_fill] need a mask that broadcasts to x (2), got (3, 2)"}}},
      {"one_hot",
       "y[..., j] = (ids[...] == j)",
       floats,
       0,
       {{"by hand", {ids({2}, {2, 0})}, [](const Tensor& x) { return one_hot(x, 3); }, {{{2, 3}, {0, 0, 1, 1, 0, 0}}}}},
       {{[](Device d) { one_hot(i64({5}, {1}, d), 5); }, "[one_hot] need ids in [0, 5), got 5 at (0)"}}},
  };
}

Row embedding_row() {
  Row row = rows_row("embedding", [](const Tensor& table, const Tensor& x) { return embedding(table, x); });
  row.errors.push_back({[](Device d) { embedding(three_zero_rows(d), i64({0}, {1}, d), 3); },
                        "[embedding] need a padding index in [0, 3), got 3"});
  return row;
}

}  // namespace

std::vector<Row> index_rows() {
  std::vector<Row> all{rows_row("gather_rows", gather_rows), embedding_row()};
  for (auto family : {along_axis_rows, adding_rows})
    for (Row& row : family()) all.push_back(std::move(row));
  return all;
}

}  // namespace grus::test
