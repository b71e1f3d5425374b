// Ops that move elements, of any dtype.
#include "ops/math/shape.h"

#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

Tensor two_zero_rows(Device d) { return zeros({2, 3}, d); }

Row moving(const char* op, const char* equation, std::vector<Sample> samples, std::vector<ErrorCase> errors) {
  return {op, equation, every_dtype, 2, std::move(samples), std::move(errors)};
}

// The elements 1 0 3 4 0 6 are distinguishable as bools too.
Input two_rows(const char* name = "x") { return given(name, {2, 3}, {1, 0, 3, 4, 0, 6}); }

std::vector<Row> order_rows() {
  return {
      moving(
          "permute", "axis i of y is axis order[i] of x",
          {{"three axes",
            {{{2, 3, 4}}},
            [](const Tensor& x) {
              return permute(x, {2, 0, 1});
            }},
           {"nothing",
            {{{2, 0, 4}}},
            [](const Tensor& x) {
              return permute(x, {2, 0, 1});
            }},
           {"by hand",
            {given({1, 2, 3}, {1, 0, 3, 4, 0, 6})},
            [](const Tensor& x) {
              return permute(x, {2, 0, 1});
            },
            {{{3, 1, 2}, {1, 4, 0, 0, 3, 6}}}},
           {"large",
            {{{31, 57, 43}}},
            [](const Tensor& x) {
              return permute(x, {2, 0, 1});
            },
            {},
            {},
            Size::large}},
          {{[](Device d) { permute(two_zero_rows(d), {0}); }, "[permute] need every axis of (2, 3) once, got 1 axes"},
           {[](Device d) {
              permute(two_zero_rows(d), {0, 0});
            },
            "[permute] need each axis once, got 0 twice"}}),
      moving("transpose", "two axes exchanged",
             {{"(2, 3)", {{{2, 3}}}, [](const Tensor& x) { return transpose(x); }},
              {"size 1", {{{1, 3}}}, [](const Tensor& x) { return transpose(x, 0, 1); }},
              {"by hand", {two_rows()}, [](const Tensor& x) { return transpose(x); }, {{{3, 2}, {1, 4, 0, 0, 3, 6}}}}},
             {{[](Device d) { transpose(two_zero_rows(d), 0, 2); }, "[transpose] need an axis in [-2, 2), got 2"}}),
      moving("flip", "entries reversed along axes",
             {{"all axes", {two_rows()}, [](const Tensor& x) { return flip(x, {}); }, {{{2, 3}, {6, 0, 4, 3, 0, 1}}}},
              {"one axis", {two_rows()}, [](const Tensor& x) { return flip(x, 1); }, {{{2, 3}, {3, 0, 1, 6, 0, 4}}}},
              {"nothing", {{{2, 0}}}, [](const Tensor& x) { return flip(x, 1); }}},
             {{[](Device) { flip(Tensor(), {}); }, "[flip] need a tensor, got an undefined one"}}),
      moving("reshape", "x's elements in their order, under another shape",
             {{"one size inferred",
               {two_rows()},
               [](const Tensor& x) {
                 return x.reshape({3, -1});
               },
               {{{3, 2}, {1, 0, 3, 4, 0, 6}}}},
              {"a slice of it", {{{4, 3}}}, [](const Tensor& x) { return x.rows(1, 3).reshape({6}); }}},
             {{[](Device d) { two_zero_rows(d).reshape({4}); },
               "[reshape] need the same number of elements, got (4) for (2, 3)"}}),
      moving("squeeze", "x without axes of size 1",
             {{"all of them", {{{2, 1, 3, 1}}}, [](const Tensor& x) { return squeeze(x); }},
              {"one of them",
               {given({1, 2, 1}, {3, 0})},
               [](const Tensor& x) { return squeeze(x, -1); },
               {{{1, 2}, {3, 0}}}}},
             {{[](Device d) { squeeze(two_zero_rows(d), 0); }, "[squeeze] need size 1 along axis 0, got (2, 3)"}}),
      moving("unsqueeze", "x with a new axis of size 1",
             {{"at the end", {{{2, 3}}}, [](const Tensor& x) { return unsqueeze(x, -1); }},
              {"in the middle",
               {two_rows()},
               [](const Tensor& x) { return unsqueeze(x, 1); },
               {{{2, 1, 3}, {1, 0, 3, 4, 0, 6}}}}},
             {{[](Device d) { unsqueeze(two_zero_rows(d), 3); }, "[unsqueeze] need an axis in [-3, 3), got 3"}}),
      moving("flatten", "axes [first, last] as one",
             {{"from axis 1", {{{2, 3, 2}}}, [](const Tensor& x) { return flatten(x, 1); }},
              {"all", {two_rows()}, [](const Tensor& x) { return flatten(x); }, {{{6}, {1, 0, 3, 4, 0, 6}}}}},
             {{[](Device d) { flatten(two_zero_rows(d), 1, 0); }, "[flatten] need first <= last, got 1 and 0"}}),
  };
}

std::vector<Row> part_rows() {
  return {
      moving("slice", "entries begin, begin + step, ... below end along an axis",
             {{"(3, 5)", {{{3, 5}}}, [](const Tensor& x) { return slice(x, 1, 1, 4); }},
              {"a step", {{{3, 5}}}, [](const Tensor& x) { return slice(x, 1, 0, -1, 2); }},
              {"two that overlap",
               {{{3, 5}}},
               [](const Tensor& x) -> Tensors {
                 return {slice(x, 1, 0, 4), slice(x, 1, 1, 5)};
               }},
              {"rows", {{{4, 2}}}, [](const Tensor& x) { return slice(x, 0, 1, 3); }},
              {"rows with a step", {{{5, 2}}}, [](const Tensor& x) { return slice(x, 0, 1, 5, 3); }},
              {"nothing left", {{{3, 2}}}, [](const Tensor& x) { return slice(x, 1, 1, 1); }},
              {"clipped", {two_rows()}, [](const Tensor& x) { return slice(x, 0, 1, 99); }, {{{1, 3}, {4, 0, 6}}}},
              {"by hand", {two_rows()}, [](const Tensor& x) { return slice(x, 1, 0, 3, 2); }, {{{2, 2}, {1, 3, 4, 6}}}},
              {"from the end", {two_rows()}, [](const Tensor& x) { return slice(x, 1, -2, -1); }, {{{2, 1}, {0, 0}}}}},
             {{[](Device d) { slice(two_zero_rows(d), 0, 0, 1, 0); }, "[slice] need a step of at least 1, got 0"}}),
      moving("columns", "entries [begin, end) of the last axis",
             {{"(2, 2, 5)", {{{2, 2, 5}}}, [](const Tensor& x) { return x.columns(1, -1); }},
              {"to the end", {two_rows()}, [](const Tensor& x) { return x.columns(1); }, {{{2, 2}, {0, 3, 0, 6}}}},
              {"nothing", {two_rows()}, [](const Tensor& x) { return x.columns(1, 1); }, {{{2, 0}, {}}}}},
             {{[](Device d) { (void)two_zero_rows(d).columns(1, 4); },
               "[columns] need 0 <= begin <= end <= 3, got 1 and 4"}}),
      moving("rows", "rows [begin, end)",
             {{"a view", {two_rows()}, [](const Tensor& x) { return x.rows(1, 2); }, {{{1, 3}, {4, 0, 6}}}},
              {"nothing", {two_rows()}, [](const Tensor& x) { return x.rows(1, 1); }, {{{0, 3}, {}}}}},
             {{[](Device d) { two_zero_rows(d).rows(1, 3); }, "[rows] need 0 <= begin <= end <= 2, got 1 and 3"}}),
      moving("index", "y = x[i]",
             {{"a row", {two_rows()}, [](const Tensor& x) { return x[-1]; }, {{{3}, {4, 0, 6}}}},
              {"several rows of one tensor",
               {{{4, 2}}},
               [](const Tensor& x) -> Tensors {
                 return {x[0], x[2], x[0]};
               }}},
             {{[](Device d) { two_zero_rows(d)[2]; }, "[index] need an index in [-2, 2), got 2"}}),
      moving("split", "parts of the given sizes",
             {{"one of size 0",
               {{{2, 5}}},
               [](const Tensor& x) {
                 return split(x, {2, 0, 3}, 1);
               }},
              {"by hand",
               {two_rows()},
               [](const Tensor& x) {
                 return split(x, {1, 2}, 1);
               },
               {{{2, 1}, {1, 4}}, {{2, 2}, {0, 3, 0, 6}}}}},
             {{[](Device d) {
                 split(two_zero_rows(d), {1, 1}, 1);
               },
               "[split] need sizes that add up to axis 1 of (2, 3), got a sum of 2"}}),
      moving("chunk", "count parts of equal size, the last one smaller",
             {{"5 in 2", {{{5}}}, [](const Tensor& x) { return chunk(x, 2); }},
              {"by hand",
               {two_rows()},
               [](const Tensor& x) { return chunk(x, 2, 1); },
               {{{2, 2}, {1, 0, 4, 0}}, {{2, 1}, {3, 6}}}}},
             {{[](Device d) { chunk(two_zero_rows(d), 0); }, "[chunk] need a count of at least 1, got 0"}}),
  };
}

std::vector<Row> whole_rows() {
  return {
      moving("concat", "joined along an axis",
             {{"one of size 0",
               {{"a", {2, 2}}, {"b", {2, 0}}, {"c", {2, 3}}},
               [](In in) {
                 return concat({in["a"], in["b"], in["c"]}, 1);
               }},
              {"the same twice",
               {{"a", {2, 2}}, {"b", {1, 2}}},
               [](In in) {
                 return concat({in["a"], in["b"], in["a"]}, 0);
               }},
              {"many pieces",
               {{"a", {1, 2}}, {"b", {1, 2}}},
               [](In in) {
                 std::vector<Tensor> pieces;
                 for (int i = 0; i < 40; ++i) pieces.push_back(in[i % 3 == 0 ? "a" : "b"]);
                 return concat(pieces);
               }},
              {"by hand",
               {two_rows("a"), given("b", {2, 1}, {7, 8})},
               [](In in) {
                 return concat({in["a"], in["b"]}, 1);
               },
               {{{2, 4}, {1, 0, 3, 7, 4, 0, 6, 8}}}},
              {"large",
               {{"a", {257, 101}}, {"b", {257, 200}}},
               [](In in) {
                 return concat({in["a"], in["b"]}, 1);
               },
               {},
               {},
               Size::large}},
             {{[](Device d) {
                 concat({two_zero_rows(d), two_zero_rows(d)[0]});
               },
               "[concat] need shapes that agree except along axis 0, got (2, 3) and, at 1, (3)"},
              {[](Device) { concat(std::vector<Tensor>{}); }, "[concat] need at least one tensor, got none"}}),
      moving("stack", "joined along a new axis",
             {{"in the middle",
               {{"a", {2, 3}}, {"b", {2, 3}}},
               [](In in) {
                 return stack({in["a"], in["b"]}, 1);
               }},
              {"scalars",
               {{"a", {}}, {"b", {}}},
               [](In in) {
                 return stack({in["a"], in["b"]});
               }},
              {"by hand",
               {given("a", {2}, {1, 0}), given("b", {2}, {3, 4})},
               [](In in) {
                 return stack({in["a"], in["b"]}, -1);
               },
               {{{2, 2}, {1, 3, 0, 4}}}}},
             {{[](Device d) {
                 stack({two_zero_rows(d), two_zero_rows(d)[0]});
               },
               "[stack] need tensors of one shape, got (2, 3) and (3)"}}),
      moving("pad", "a value before and after each of the last axes",
             {{"two axes",
               {{{2, 3}}},
               [](const Tensor& x) {
                 return pad(x, {{1, 0}, {0, 2}}, 0);
               }},
              {"by hand",
               {two_rows()},
               [](const Tensor& x) {
                 return pad(x, {{1, 1}}, 1);
               },
               {{{2, 5}, {1, 1, 0, 3, 1, 1, 4, 0, 6, 1}}}}},
             {{[](Device d) {
                 pad(two_zero_rows(d), {{-1, 0}});
               },
               "[pad] need amounts of at least 0, got -1 and 0"}}),
      moving("repeat", "a b -> a a b b",
             {{"no times", {{{2, 3}}}, [](const Tensor& x) { return repeat(x, 0, 0); }},
              {"by hand",
               {two_rows()},
               [](const Tensor& x) { return repeat(x, 2, 1); },
               {{{2, 6}, {1, 1, 0, 0, 3, 3, 4, 4, 0, 0, 6, 6}}}}},
             {{[](Device d) { repeat(two_zero_rows(d), -1, 0); }, "[repeat] need at least 0 times, got -1"}}),
      moving("tile", "a b -> a b a b",
             {{"rows", {{{2, 3}}}, [](const Tensor& x) { return tile(x, 3, 0); }},
              {"by hand",
               {two_rows()},
               [](const Tensor& x) { return tile(x, 2, 1); },
               {{{2, 6}, {1, 0, 3, 1, 0, 3, 4, 0, 6, 4, 0, 6}}}}},
             {{[](Device d) { tile(two_zero_rows(d), -1, 0); }, "[tile] need at least 0 times, got -1"}}),
      moving("broadcast_to", "NumPy's rule, to a given shape",
             {{"a new axis and a repeated one",
               {{{2, 1}}},
               [](const Tensor& x) {
                 return broadcast_to(x, {3, 2, 2});
               }},
              {"to nothing",
               {{{2, 1}}},
               [](const Tensor& x) {
                 return broadcast_to(x, {2, 0});
               }},
              {"by hand",
               {given({3}, {1, 0, 3})},
               [](const Tensor& x) {
                 return broadcast_to(x, {2, 3});
               },
               {{{2, 3}, {1, 0, 3, 1, 0, 3}}}},
              {"large",
               {{{257, 1}}},
               [](const Tensor& x) {
                 return broadcast_to(x, {257, 301});
               },
               {},
               {},
               Size::large}},
             {{[](Device d) {
                 broadcast_to(two_zero_rows(d), {3, 3});
               },
               "[broadcast_to] need shapes that broadcast together, got (2, 3) and (3, 3)"},
              {[](Device d) { broadcast_to(two_zero_rows(d), {3}); },
               "[broadcast_to] need a shape that (2, 3) broadcasts to, got (3)"}}),
  };
}

}  // namespace

std::vector<Row> shape_rows() {
  std::vector<Row> all = order_rows();
  for (auto family : {part_rows, whole_rows})
    for (Row& row : family()) all.push_back(std::move(row));
  return all;
}

}  // namespace grus::test
