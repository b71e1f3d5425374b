// Long short-term memory: both directions, ragged lengths with 1 and full, states to begin with that are not zero, last
// states and the sequence all used, each bias alone, two layers.
#include "ops/lstm.h"

#include "ops/sequence.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

using Packed = Output (*)(const Tensor&, const Lengths&, const State&, const LstmWeights&, bool);

struct Case {
  bool reverse = false, h0 = true, c0 = true, bias_ih = true, bias_hh = true;
  std::vector<int64_t> lengths = {2, 1, 3};
};

/// The arguments are x, weight_ih, weight_hh, then those of h0, c0, bias_ih, bias_hh that the case has.
std::vector<Input> inputs_of(const Case& c, int64_t input, int64_t hidden) {
  const double range = hidden > 8 ? 0.15 : 1;  // a large loop with large weights is chaotic
  int64_t total = 0;
  for (const int64_t length : c.lengths) total += length;
  std::vector<Input> inputs{
      {{total, input}}, {{4 * hidden, input}, -range, range}, {{4 * hidden, hidden}, -range, range}};
  for (const bool there : {c.h0, c.c0})
    if (there) inputs.push_back({{static_cast<int64_t>(c.lengths.size()), hidden}});
  for (const bool there : {c.bias_ih, c.bias_hh})
    if (there) inputs.push_back({{4 * hidden}, -range, range});
  return inputs;
}

Function function_of(const Case& c, Packed op) {
  return [=](Xs x) -> Tensors {
    size_t next = 3;
    const auto optional = [&](bool there) { return there ? x[next++] : Tensor(); };
    const Tensor h0 = optional(c.h0), c0 = optional(c.c0);
    const Tensor bias_ih = optional(c.bias_ih), bias_hh = optional(c.bias_hh);
    const Output out =
        op(x[0], Lengths(c.lengths, -1, x[0].device()), {h0, c0}, {x[1], x[2], bias_ih, bias_hh}, c.reverse);
    return {out.y, out.state.h, out.state.c};
  };
}

Sample sample_of(std::string what, const Case& c, int64_t input = 2, int64_t hidden = 3, Size size = Size::ordinary) {
  return {std::move(what),
          inputs_of(c, input, hidden),
          function_of(c, lstm_packed),
          {},
          function_of(c, lstm_packed_composed),
          size};
}

std::vector<Sample> packed_samples() {
  std::vector<Sample> samples;
  for (const bool reverse : {false, true}) {
    const std::string way = reverse ? "reverse" : "forward";
    samples.push_back(sample_of(way, {.reverse = reverse}));
    samples.push_back(sample_of(way + ", without h0", {.reverse = reverse, .h0 = false}));
    samples.push_back(sample_of(way + ", without c0", {.reverse = reverse, .c0 = false}));
    samples.push_back(sample_of(way + ", bias_ih alone", {.reverse = reverse, .bias_hh = false}));
    samples.push_back(sample_of(way + ", bias_hh alone", {.reverse = reverse, .bias_ih = false}));
    samples.push_back(sample_of(way + ", large",
                                {.reverse = reverse, .h0 = !reverse, .c0 = !reverse, .lengths = many_sequences()}, 33,
                                65, Size::large));
  }
  samples.push_back(sample_of("one sequence of one step", {.lengths = {1}}));
  samples.push_back(sample_of("size 1", {.lengths = {2}}, 1, 1));
  samples.push_back(sample_of("no sequences", {.lengths = {}}));
  samples.push_back({"the gates' inputs given",
                     {{{6, 12}}, {{12, 3}, -1, 1}, {{12}, -1, 1}, {{3, 3}}, {{3, 3}}},
                     [](Xs x) -> Tensors {
                       const Output out =
                           lstm_packed(x[0], Lengths({2, 1, 3}, -1, x[0].device()), {x[3], x[4]}, {{}, x[1], {}, x[2]});
                       return {out.y, out.state.c};
                     }});
  return samples;
}

/// Makes two layers, the second reading both directions of the first; every output is used.
Tensors two_layers(Xs x, Packed op) {
  const Lengths lengths({2, 1, 3}, -1, x[0].device());
  const LstmWeights forward{x[1], x[2], x[3], x[4]}, backward{x[5], x[6], {}, {}};
  const Output a = op(x[0], lengths, {}, forward, false), b = op(x[0], lengths, {a.state.h, a.state.c}, backward, true);
  const Output top = op(a.y, lengths, {b.state.c, b.state.h}, backward, false);
  return {top.y, top.state.h, top.state.c, b.y};
}

std::vector<ErrorCase> packed_errors() {
  const auto zeros = [](Shape shape, Device d) { return Tensor::zeros(shape, DType::f64, d); };
  const auto weights = [zeros](Device d) { return LstmWeights{zeros({16, 3}, d), zeros({16, 4}, d), {}, {}}; };
  return {
      {[=](Device d) {
         lstm_packed(zeros({3, 2}, d), Lengths({2, 1}, -1, d), {}, weights(d));
       },
       "[lstm] need x (N = 3, I), weight_ih (4H, I) and weight_hh (4H, H), got (3, 2), (16, 3) and (16, 4)"},
      {[=](Device d) {
         lstm_packed(zeros({3, 3}, d), Lengths({2, 1}, -1, d), {{}, zeros({3, 4}, d)}, weights(d));
       },
       "[lstm] need c0 (B = 2, H = 4), got (3, 4)"},
      {[=](Device d) {
         lstm_packed(zeros({3, 16}, d), Lengths({2, 1}, -1, d), {}, {{}, zeros({16, 4}, d), zeros({16}, d), {}});
       },
       "[lstm] need no bias_ih without weight_ih, got one"},
      {[=](Device d) {
         lstm_packed(zeros({2, 3}, d), Lengths({2, 0}, -1, d), {}, weights(d));
       },
       "[lstm] need lengths of at least 1, got 0 for sequence 1"},
  };
}

Row padded_row() {
  const auto with = [](bool reverse) -> Function {
    return [=](Xs x) -> Tensors {
      const Lengths lengths({2, 1, 3}, 4, x[0].device());
      const Output out = lstm(x[0], &lengths, {x[1], x[2]}, {x[3], x[4], x[5], x[6]}, reverse);
      return {out.y, out.state.h, out.state.c};
    };
  };
  const auto twin = [](Xs x) -> Tensors {
    const Lengths lengths({2, 1, 3}, x[0].dim(0), x[0].device());
    const Output out = lstm_packed_composed(pack(x[0], lengths), lengths, {x[1], x[2]}, {x[3], x[4], x[5], x[6]});
    return {unpack(out.y, lengths), out.state.h, out.state.c};
  };
  const Input weight_ih{{12, 2}, -1, 1}, weight_hh{{12, 3}, -1, 1}, bias{{12}, -1, 1}, state{{3, 3}};
  return {"lstm",
          "c' = f c + i g, h' = o tanh(c') over padded x (T, B, I)",
          floats,
          2,
          {{"ragged", {{{4, 3, 2}}, state, state, weight_ih, weight_hh, bias, bias}, with(false), {}, twin},
           {"ragged, reverse", {{{4, 3, 2}}, state, state, weight_ih, weight_hh, bias, bias}, with(true)},
           {"two layers of both directions",
            {{{6, 2}}, {{8, 2}, -1, 1}, {{8, 2}, -1, 1}, {{8}, -1, 1}, {{8}, -1, 1}, {{8, 2}, -1, 1}, {{8, 2}, -1, 1}},
            [](Xs x) { return two_layers(x, lstm_packed); },
            {},
            [](Xs x) { return two_layers(x, lstm_packed_composed); }}},
          {}};
}

/// i = f = o = sigmoid(0) = 1/2, g = tanh(1), c' = 3/2 + tanh(1) / 2, h' = tanh(c') / 2.
Sample cell_by_hand() {
  return {"by hand",
          {given({1, 1}, {2}), given({1, 1}, {1}), given({1, 1}, {3}), given({4, 1}, {0, 0, 0.25, 0}),
           given({4, 1}, {0, 0, 0.5, 0})},
          [](Xs x) -> Tensors {
            const State next = lstm_cell(x[0], {x[1], x[2]}, {x[3], x[4], {}, {}});
            return {next.h, next.c};
          },
          {{{1, 1}, {0.47728147755430655}}, {{1, 1}, {1.8807970779778824}}}};
}

}  // namespace

std::vector<Row> lstm_rows() {
  return {padded_row(),
          {"lstm_packed", "c' = f c + i g, h' = o tanh(c') over packed rows (N, I)", floats, 2, packed_samples(),
           packed_errors(), 1e-4},
          {"lstm_cell",
           "c' = f c + i g, h' = o tanh(c'), one step",
           floats,
           2,
           {{"(2, 3)",
             {{{2, 3}}, {{2, 2}}, {{2, 2}}, {{8, 3}, -1, 1}, {{8, 2}, -1, 1}, {{8}, -1, 1}, {{8}, -1, 1}},
             [](Xs x) -> Tensors {
               const State next = lstm_cell(x[0], {x[1], x[2]}, {x[3], x[4], x[5], x[6]});
               return {next.h, next.c};
             }},
            cell_by_hand()},
           {}}};
}

}  // namespace grus::test
