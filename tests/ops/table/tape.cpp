// Ops that the tape itself records when it walks under create_graph, and the movements that gradients are made of.
#include "core/tape/tape.h"

#include "ops/base/checkpoint.h"
#include "ops/base/hook.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
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
       {{"x x x", {given({2}, {1, 2})}, [](const Tensor& x) { return x * x * x; }, {{{2}, {1, 8}}}},
        {"(2, 3)", {{{2, 3}}}, [](const Tensor& x) { return x * x + x; }}},
       {}},
      {"place_rows",
       "zeros with a gradient at rows [begin, end), recorded",
       numbers,
       2,
       {{"rows", {given({3}, {1, 2, 3})}, [](const Tensor& x) { return x.rows(1, 3) * x.rows(0, 2); }, {{{2}, {2, 6}}}},
        {"a row", {{{3, 2}}}, [](const Tensor& x) { return x[1] * x[2]; }}},
       {}},
      {"crop",
       "a box of x, recorded",
       numbers,
       2,
       {{"by way of pad",
         {given({2}, {1, 2})},
         [](const Tensor& x) {
           const Tensor y = pad(x, {{1, 1}}, 3);
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
         [](const Tensor& x) {
           const Tensor y = slice(x, 0, 1, 4, 2);
           return y * y;
         },
         {{{2}, {4, 16}}}}},
       {}},
      {"clone",
       "a copy of x",
       every_dtype,
       2,
       {{"by hand", {given({2}, {1, 0})}, [](const Tensor& x) { return x.clone(); }, {{{2}, {1, 0}}}},
        {"a row", {{{3, 2}}}, [](const Tensor& x) { return x[1].clone(); }},
        {"nothing", {{{0, 2}}}, [](const Tensor& x) { return x.clone(); }},
        {"large", {{{257, 301}}}, [](const Tensor& x) { return x.clone(); }, {}, {}, Size::large}},
       {{[](Device) { (void)Tensor().clone(); }, "[clone] need a tensor, got an undefined one"}}},
      {"on_gradient",
       "y = x; backward hands dy to a function",
       every_dtype,
       2,
       {{"a look", {given({2}, {1, 0})}, [](const Tensor& x) { return on_gradient(x, look); }, {{{2}, {1, 0}}}},
        {"nothing", {{{0, 2}}}, [](const Tensor& x) { return on_gradient(x, look); }},
        {"back and forth", {{{2, 3}}}, [](const Tensor& x) { return on_gradient(x, negated_twice); }}},
       {}},
      {"checkpoint",
       "f(inputs), of which backward computes everything once more",
       floats,
       2,
       {{"(2, 3)",
         {{"a", {2, 3}}, {"b", {3}}},
         [](In in) {
           return checkpoint(inner, {in["a"], in["b"]});
         },
         {},
         Function(inner)},
        {"nested, of inputs that depend on each other",
         {{"a", {2, 3}}, {"b", {3}}},
         [](In in) {
           return checkpoint(nested, {in["a"] * in["b"], in["b"]});
         },
         {},
         [](In in) {
           return inner(Tensors{inner(Tensors{in["a"] * in["b"], in["b"]}), in["b"]});
         }},
        {"by hand", {given({1}, {4})}, [](const Tensor& x) { return checkpoint(inverse, {x}); }, {{{1}, {0.25}}}},
        {"nothing",
         {{"a", {0, 3}}, {"b", {3}}},
         [](In in) {
           return checkpoint(inner, {in["a"], in["b"]});
         }}},
       {{[](Device d) {
           Tape tape;
           checkpoint(undefined, {tape.watch(Tensor::ones({1}, DType::f64, d))});
         },
         "[checkpoint] need a function that gives tensors, got an undefined output 0"}}},
  };
}

}  // namespace grus::test
