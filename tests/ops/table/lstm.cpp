// Long short-term memory: both directions, ragged lengths with 1 and full, states to begin with that are not zero, last
// states and the sequence all used, each bias alone, two layers.
#include "ops/sequence/lstm.h"

#include "ops/sequence/sequence.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

using PackedLstm = Output (*)(const Tensor&, const Lengths&, const State&, const LstmWeights&, bool);

struct LstmCase {
  bool reverse = false, h0 = true, c0 = true, bias_ih = true, bias_hh = true;
  std::vector<int64_t> lengths = {2, 1, 3};
};

std::vector<Input> lstm_inputs(const LstmCase& c, int64_t input, int64_t hidden) {
  const double range = hidden > 8 ? 0.15 : 1;  // a large loop with large weights is chaotic
  int64_t total = 0;
  for (const int64_t length : c.lengths) total += length;
  std::vector<Input> inputs{{{total, input}},
                            {"weight_ih", {4 * hidden, input}, -range, range},
                            {"weight_hh", {4 * hidden, hidden}, -range, range}};
  const auto batch = static_cast<int64_t>(c.lengths.size());
  if (c.h0) inputs.push_back({"h0", {batch, hidden}});
  if (c.c0) inputs.push_back({"c0", {batch, hidden}});
  if (c.bias_ih) inputs.push_back({"bias_ih", {4 * hidden}, -range, range});
  if (c.bias_hh) inputs.push_back({"bias_hh", {4 * hidden}, -range, range});
  return inputs;
}

LstmWeights lstm_weights(In in) { return {in["weight_ih"], in["weight_hh"], in["bias_ih"], in["bias_hh"]}; }

Function lstm_function(const LstmCase& c, PackedLstm op) {
  return [=](In in) -> Tensors {
    const Lengths lengths(c.lengths, -1, in["x"].device());
    const Output out = op(in["x"], lengths, {in["h0"], in["c0"]}, lstm_weights(in), c.reverse);
    return {out.y, out.state.h, out.state.c};
  };
}

Sample lstm_sample(std::string what, const LstmCase& c, int64_t input = 2, int64_t hidden = 3,
                   Size size = Size::ordinary) {
  return {std::move(what),
          lstm_inputs(c, input, hidden),
          lstm_function(c, lstm_packed),
          {},
          lstm_function(c, lstm_packed_composed),
          size};
}

std::vector<Sample> packed_lstm_samples() {
  std::vector<Sample> samples;
  for (const bool reverse : {false, true}) {
    const std::string way = reverse ? "reverse" : "forward";
    samples.push_back(lstm_sample(way, {.reverse = reverse}));
    samples.push_back(lstm_sample(way + ", without h0", {.reverse = reverse, .h0 = false}));
    samples.push_back(lstm_sample(way + ", without c0", {.reverse = reverse, .c0 = false}));
    samples.push_back(lstm_sample(way + ", bias_ih alone", {.reverse = reverse, .bias_hh = false}));
    samples.push_back(lstm_sample(way + ", bias_hh alone", {.reverse = reverse, .bias_ih = false}));
    samples.push_back(lstm_sample(way + ", large",
                                  {.reverse = reverse, .h0 = !reverse, .c0 = !reverse, .lengths = many_sequences()}, 33,
                                  65, Size::large));
  }
  samples.push_back(lstm_sample("one sequence of one step", {.lengths = {1}}));
  samples.push_back(lstm_sample("size 1", {.lengths = {2}}, 1, 1));
  samples.push_back(lstm_sample("no sequences", {.lengths = {}}));
  Sample given_gates = lstm_sample("the gates' inputs given", {.bias_ih = false}, 12);
  std::erase_if(given_gates.inputs, [](const Input& input) { return input.name == "weight_ih"; });
  samples.push_back(given_gates);
  return samples;
}

/// Makes two layers, the second reading both directions of the first; every output is used.
Tensors two_lstm_layers(In in, PackedLstm op) {
  const Lengths lengths({2, 1, 3}, -1, in["x"].device());
  const LstmWeights forward = lstm_weights(in), backward{in["backward_ih"], in["backward_hh"], {}, {}};
  const Output a = op(in["x"], lengths, {}, forward, false),
               b = op(in["x"], lengths, {a.state.h, a.state.c}, backward, true);
  const Output top = op(a.y, lengths, {b.state.c, b.state.h}, backward, false);
  return {top.y, top.state.h, top.state.c, b.y};
}

std::vector<ErrorCase> packed_lstm_errors() {
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

Row padded_lstm_row() {
  const auto with = [](bool reverse) -> Function {
    return [=](In in) -> Tensors {
      const Lengths lengths({2, 1, 3}, 4, in["x"].device());
      const Output out = lstm(in["x"], &lengths, {in["h0"], in["c0"]}, lstm_weights(in), reverse);
      return {out.y, out.state.h, out.state.c};
    };
  };
  const auto twin = [](In in) -> Tensors {
    const Lengths lengths({2, 1, 3}, in["x"].dim(0), in["x"].device());
    const Output out = lstm_packed_composed(pack(in["x"], lengths), lengths, {in["h0"], in["c0"]}, lstm_weights(in));
    return {unpack(out.y, lengths), out.state.h, out.state.c};
  };
  const std::vector<Input> inputs{{{4, 3, 2}},
                                  {"h0", {3, 3}},
                                  {"c0", {3, 3}},
                                  {"weight_ih", {12, 2}, -1, 1},
                                  {"weight_hh", {12, 3}, -1, 1},
                                  {"bias_ih", {12}, -1, 1},
                                  {"bias_hh", {12}, -1, 1}};
  return {"lstm",
          "c' = f c + i g, h' = o tanh(c') over padded x (T, B, I)",
          floats,
          2,
          {{"ragged", inputs, with(false), {}, twin},
           {"ragged, reverse", inputs, with(true)},
           {"two layers of both directions",
            {{{6, 2}},
             {"weight_ih", {8, 2}, -1, 1},
             {"weight_hh", {8, 2}, -1, 1},
             {"bias_ih", {8}, -1, 1},
             {"bias_hh", {8}, -1, 1},
             {"backward_ih", {8, 2}, -1, 1},
             {"backward_hh", {8, 2}, -1, 1}},
            [](In in) { return two_lstm_layers(in, lstm_packed); },
            {},
            [](In in) { return two_lstm_layers(in, lstm_packed_composed); }}},
          {}};
}

/// i = f = o = sigmoid(0) = 1/2, g = tanh(1), c' = 3/2 + tanh(1) / 2, h' = tanh(c') / 2.
Sample lstm_cell_by_hand() {
  return {"by hand",
          {given({1, 1}, {2}), given("h", {1, 1}, {1}), given("c", {1, 1}, {3}),
           given("weight_ih", {4, 1}, {0, 0, 0.25, 0}), given("weight_hh", {4, 1}, {0, 0, 0.5, 0})},
          [](In in) -> Tensors {
            const State next = lstm_cell(in["x"], {in["h"], in["c"]}, lstm_weights(in));
            return {next.h, next.c};
          },
          {{{1, 1}, {0.47728147755430655}}, {{1, 1}, {1.8807970779778824}}}};
}

}  // namespace

std::vector<Row> lstm_rows() {
  return {padded_lstm_row(),
          {"lstm_packed", "c' = f c + i g, h' = o tanh(c') over packed rows (N, I)", floats, 2, packed_lstm_samples(),
           packed_lstm_errors(), 1e-4},
          {"lstm_cell",
           "c' = f c + i g, h' = o tanh(c'), one step",
           floats,
           2,
           {{"(2, 3)",
             {{{2, 3}},
              {"h", {2, 2}},
              {"c", {2, 2}},
              {"weight_ih", {8, 3}, -1, 1},
              {"weight_hh", {8, 2}, -1, 1},
              {"bias_ih", {8}, -1, 1},
              {"bias_hh", {8}, -1, 1}},
             [](In in) -> Tensors {
               const State next = lstm_cell(in["x"], {in["h"], in["c"]}, lstm_weights(in));
               return {next.h, next.c};
             }},
            lstm_cell_by_hand()},
           {}}};
}

}  // namespace grus::test
