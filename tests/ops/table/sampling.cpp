// Rows of draws: by hand where the numbers are Random123's known answers (kernels.cpp), and what must hold of any.
#include "ops/math/sampling.h"

#include <cmath>
#include <limits>

#include "ops/math/elementwise.h"
#include "ops/math/sort.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

/// Calls draw(x, rng) with a generator of seed 0, so that every call draws the same.
template <class F>
Function seeded(F draw) {
  return [draw](const Tensor& x) {
    Rng rng(0);
    return draw(x, rng);
  };
}

Row categorical_row() {
  const auto by = [](std::vector<double> uniforms, CategoricalOptions options) -> Function {
    return [=](const Tensor& x) { return categorical(x, uniforms, options); };
  };
  const auto logits = [](Shape shape, std::vector<double> shares) {
    for (double& share : shares) share = std::log(share);
    return given("logits", shape, shares);
  };
  const Input four = logits({4}, {0.1, 0.4, 0.3, 0.2});
  const auto plain = [](Device d) { return Tensor::zeros({2}, DType::f64, d); };
  return {
      "categorical",
      "an id of each row, drawn with probability softmax(logits / temperature)",
      floats,
      0,
      {{"three rows", {logits({3, 2}, {1, 3, 1, 3, 0, 1})}, by({0.2, 0.3, 0.0}, {}), {{{3}, {0, 1, 1}}}},
       {"the first share above", {four}, by({0.5}, {}), {{{}, {2}}}},
       {"the largest", {four}, by({0.99}, {.temperature = 0}), {{{}, {1}}}},
       {"flatter", {logits({2}, {1, 9})}, by({0.2}, {.temperature = 2}), {{{}, {0}}}},
       {"top k", {four}, by({0.99}, {.top_k = 2}), {{{}, {2}}}},
       {"top p", {four}, by({0.99}, {.top_p = 0.5}), {{{}, {2}}}},
       {"top p keeps one", {four}, by({0.01}, {.top_p = 0.1}), {{{}, {1}}}},
       {"no rows", {{"logits", {0, 3}}}, by({}, {}), {{{0}, {}}}},
       {"by a generator", {{"logits", {50, 7}}}, seeded([](const Tensor& x, Rng& rng) {
          return categorical(x, {}, rng);
        })}},
      {{[](Device) { categorical(Tensor()); }, "[categorical] need a tensor, got an undefined one"},
       {[=](Device d) { categorical(plain(d), {.temperature = -1}); },
        "[categorical] need a temperature of at least 0, got -1"},
       {[=](Device d) { categorical(plain(d), {.top_k = -1}); }, "[categorical] need a top_k of at least 0, got -1"},
       {[=](Device d) { categorical(plain(d), {.top_p = 0}); }, "[categorical] need a top_p in (0, 1], got 0"},
       {[](Device d) {
          categorical(f64({0, -inf, -inf, -inf}, {2, 2}, d));
        },
        "[categorical] need a logit above -inf in each row, got none in row 1"},
       {[](Device d) {
          categorical(f64({0, inf}, {2}, d));
        },
        "[categorical] need logits that are numbers or -inf, got inf in row 0"},
       {[](Device d) {
          categorical(Tensor::zeros({2, 0}, DType::f64, d));
        },
        "[categorical] need logits (..., V), V of at least 1, got (2, 0)"}}};
}

Row gumbel_row() {
  const auto drawn = [](bool hard, int axis, double temperature = 1) {
    return seeded([=](const Tensor& x, Rng& rng) { return gumbel_softmax(x, temperature, hard, axis, rng); });
  };
  Row row{"gumbel_softmax",
          "softmax((logits + g) / temperature), g of the Gumbel distribution",
          floats,
          2,
          {{"soft", {{"logits", {2, 4}}}, drawn(false, -1)},
           {"another axis, cold", {{"logits", {3, 2}}}, drawn(false, 0, 0.5)},
           {"one class", {{"logits", {2, 1}}}, drawn(true, 1), {{{2, 1}, {1, 1}}}},
           {"nothing", {{"logits", {0, 3}}}, drawn(true, -1)}},
          {{[](Device d) { gumbel_softmax(Tensor::zeros({2}, DType::f64, d), 0); },
            "[gumbel_softmax] need a temperature above 0, got 0"},
           {[](Device d) { gumbel_softmax(Tensor::zeros({}, DType::f64, d)); },
            "[gumbel_softmax] need at least one axis, got shape ()"}}};
  return row;
}

}  // namespace

std::vector<Row> sampling_rows() {
  return {categorical_row(),
          gumbel_row(),
          {"bernoulli",
           "1 with probability p, else 0",
           floats,
           0,
           {{"certain",
             {given("p", {4}, {0, 1, -1, 2})},
             seeded([](const Tensor& p, Rng& rng) { return bernoulli(p, rng); }),
             {{{4}, {0, 1, 0, 1}}}},
            {"by the known answer",
             {given("p", {4}, {0.39, 0.89, 0.73, 0.61})},
             seeded([](const Tensor& p, Rng& rng) { return bernoulli(p, rng); }),
             {{{4}, {0, 1, 0, 1}}}},
            {"large",
             {{"p", {257, 301}, 0, 1}},
             seeded([](const Tensor& p, Rng& rng) { return bernoulli(p, rng); }),
             {},
             {},
             Size::large}},
           {{[](Device) { bernoulli(Tensor()); }, "[bernoulli] need a tensor, got an undefined one"}}},
          {"random_permutation",
           "0 ... count - 1 in random order",
           {DType::f64},
           0,
           {{"in order again",
             {mask("like", {}, {1})},
             seeded([](const Tensor& x, Rng& rng) { return sort(random_permutation(7, rng, x.device())).values; }),
             {{{7}, {0, 1, 2, 3, 4, 5, 6}}}},
            {"many", {mask("like", {}, {1})}, seeded([](const Tensor& x, Rng& rng) {
               return random_permutation(1000, rng, x.device());
             })}},
           {{[](Device d) { random_permutation(-1, default_rng(), d); },
             "[random_permutation] need a count in [0, 2^32), got -1"}}}};
}

}  // namespace grus::test
