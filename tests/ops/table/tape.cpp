// Ops that the tape itself records when it walks under create_graph, and the movements that gradients are made of.
#include "core/tape/tape.h"

#include "ops/checkpoint.h"
#include "ops/elementwise.h"
#include "ops/hook.h"
#include "ops/shape.h"
#include "tests/ops/table/row.h"

namespace grus::test {
namespace {

Tensor look(const Tensor&) { return {}; }
Tensor negated_twice(const Tensor& dy) { return -(-dy); }

const TensorFunction inner = [](Xs x) { return tanh(x[0]) * x[1]; };
const TensorFunction inverse = [](Xs x) { return reciprocal(x[0]); };
const TensorFunction nested = [](Xs x) { return inner(Tensors{checkpoint(inner, {x[0], x[1]}), x[1]}); };
const TensorFunction undefined = [](Xs) { return Tensor(); };

}  // namespace

std::vector<Row> tape_rows() {
  return {
      {"accumulate",
       "the sum of gradients that meet, recorded",
       numbers,
       2,
       {{"x x x", {given({2}, {1, 2})}, [](Xs x) { return x[0] * x[0] * x[0]; }, {{{2}, {1, 8}}}},
        {"(2, 3)", {{{2, 3}}}, [](Xs x) { return x[0] * x[0] + x[0]; }}},
       {}},
      {"place_rows",
       "zeros with a gradient at rows [begin, end), recorded",
       numbers,
       2,
       {{"rows", {given({3}, {1, 2, 3})}, [](Xs x) { return x[0].rows(1, 3) * x[0].rows(0, 2); }, {{{2}, {2, 6}}}},
        {"a row", {{{3, 2}}}, [](Xs x) { return x[0][1] * x[0][2]; }}},
       {}},
      {"crop",
       "a box of x, recorded",
       numbers,
       2,
       {{"by way of pad",
         {given({2}, {1, 2})},
         [](Xs x) {
           const Tensor y = pad(x[0], {{1, 1}}, 3);
           return y * y;
         },
         {{{4}, {9, 1, 4, 9}}}}},
       {}},
      {"place",
       "zeros with x in a box, recorded",
       numbers,
       2,
       {{"by way of slice",
         {given({4}, {1, 2, 3, 4})},
         [](Xs x) {
           const Tensor y = slice(x[0], 0, 1, 4, 2);
           return y * y;
         },
         {{{2}, {4, 16}}}}},
       {}},
      {"clone",
       "a copy of x",
       every_dtype,
       2,
       {{"by hand", {given({2}, {1, 0})}, [](Xs x) { return x[0].clone(); }, {{{2}, {1, 0}}}},
        {"a row", {{{3, 2}}}, [](Xs x) { return x[0][1].clone(); }},
        {"nothing", {{{0, 2}}}, [](Xs x) { return x[0].clone(); }},
        {"large", {{{257, 301}}}, [](Xs x) { return x[0].clone(); }, {}, {}, Size::large}},
       {{[](Device) { (void)Tensor().clone(); }, "[clone] need a tensor, got an undefined one"}}},
      {"on_gradient",
       "y = x; backward hands dy to a function",
       every_dtype,
       2,
       {{"a look", {given({2}, {1, 0})}, [](Xs x) { return on_gradient(x[0], look); }, {{{2}, {1, 0}}}},
        {"nothing", {{{0, 2}}}, [](Xs x) { return on_gradient(x[0], look); }},
        {"back and forth", {{{2, 3}}}, [](Xs x) { return on_gradient(x[0], negated_twice); }}},
       {}},
      {"checkpoint",
       "f(inputs), of which backward computes everything once more",
       floats,
       2,
       {{"(2, 3)",
         {{{2, 3}}, {{3}}},
         [](Xs x) {
           return checkpoint(inner, {x[0], x[1]});
         },
         {},
         Function(inner)},
        {"nested, of inputs that depend on each other",
         {{{2, 3}}, {{3}}},
         [](Xs x) {
           return checkpoint(nested, {x[0] * x[1], x[1]});
         },
         {},
         [](Xs x) {
           return inner(Tensors{inner(Tensors{x[0] * x[1], x[1]}), x[1]});
         }},
        {"by hand", {given({1}, {4})}, [](Xs x) { return checkpoint(inverse, {x[0]}); }, {{{1}, {0.25}}}},
        {"nothing",
         {{{0, 3}}, {{3}}},
         [](Xs x) {
           return checkpoint(inner, {x[0], x[1]});
         }}},
       {{[](Device d) {
           Tape tape;
           checkpoint(undefined, {tape.watch(Tensor::ones({1}, DType::f64, d))});
         },
         "[checkpoint] need a function that gives tensors, got an undefined output 0"}}},
  };
}

}  // namespace grus::test
