// Gated recurrent units in every form: both directions, ragged lengths with 1 and full, a state to begin with that is
// not zero, the last state and the sequence both used, each bias alone, two layers.
#include "ops/sequence/gru.h"

#include <fmt/format.h>

#include "ops/sequence/sequence.h"
#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

using Packed = Output (*)(const Tensor&, const Lengths&, const Tensor&, const GruWeights&, GruForm, bool);

struct Case {
  GruForm form;
  bool reverse = false, h0 = true, bias_ih = true, bias_hh = true;
  std::vector<int64_t> lengths = {2, 1, 3};
};

std::vector<Input> inputs_of(const Case& c, int64_t input, int64_t hidden) {
  const double range = hidden > 8 ? 0.15 : 1;  // a large loop with large weights is chaotic
  int64_t total = 0;
  for (const int64_t length : c.lengths) total += length;
  std::vector<Input> inputs{{{total, input}},
                            {"weight_ih", {3 * hidden, input}, -range, range},
                            {"weight_hh", {3 * hidden, hidden}, -range, range}};
  if (c.h0) inputs.push_back({"h0", {static_cast<int64_t>(c.lengths.size()), hidden}});
  if (c.bias_ih) inputs.push_back({"bias_ih", {3 * hidden}, -range, range});
  if (c.bias_hh) inputs.push_back({"bias_hh", {3 * hidden}, -range, range});
  return inputs;
}

GruWeights weights_of(In in) { return {in["weight_ih"], in["weight_hh"], in["bias_ih"], in["bias_hh"]}; }

Function function_of(const Case& c, Packed op) {
  return [=](In in) -> Tensors {
    const Lengths lengths(c.lengths, -1, in["x"].device());
    const Output out = op(in["x"], lengths, in["h0"], weights_of(in), c.form, c.reverse);
    return {out.y, out.state.h};
  };
}

Sample sample_of(std::string what, const Case& c, int64_t input = 2, int64_t hidden = 3, Size size = Size::ordinary) {
  return {std::move(what),
          inputs_of(c, input, hidden),
          function_of(c, gru_packed),
          {},
          function_of(c, gru_packed_composed),
          size};
}

std::vector<Sample> packed_samples() {
  std::vector<Sample> samples;
  for (const Reset reset : {Reset::after, Reset::before})
    for (const Update update : {Update::keep, Update::replace})
      for (const bool reverse : {false, true}) {
        const std::string form = fmt::format("reset {}, update {}{}", reset == Reset::after ? "after" : "before",
                                             update == Update::keep ? "keep" : "replace", reverse ? ", reverse" : "");
        const GruForm as{reset, update};
        samples.push_back(sample_of(form, {.form = as, .reverse = reverse}));
        samples.push_back(sample_of(form + ", without h0", {.form = as, .reverse = reverse, .h0 = false}));
        samples.push_back(sample_of(form + ", bias_ih alone", {.form = as, .reverse = reverse, .bias_hh = false}));
        samples.push_back(sample_of(form + ", bias_hh alone", {.form = as, .reverse = reverse, .bias_ih = false}));
        samples.push_back(sample_of(form + ", large",
                                    {.form = as, .reverse = reverse, .h0 = !reverse, .lengths = many_sequences()}, 33,
                                    65, Size::large));
      }
  samples.push_back(sample_of("one sequence of one step", {.form = {}, .lengths = {1}}));
  samples.push_back(sample_of("size 1", {.form = {}, .lengths = {2}}, 1, 1));
  samples.push_back(sample_of("no sequences", {.form = {}, .lengths = {}}));
  Sample given_gates =
      sample_of("the gates' inputs given", {.form = {Reset::before, Update::keep}, .bias_ih = false}, 9);
  std::erase_if(given_gates.inputs, [](const Input& input) { return input.name == "weight_ih"; });
  samples.push_back(given_gates);
  return samples;
}

/// Makes two layers, the second reading both directions of the first; every output is used.
Tensors two_layers(In in, Packed op) {
  const Lengths lengths({2, 1, 3}, -1, in["x"].device());
  const GruWeights forward = weights_of(in), backward{in["backward_ih"], in["backward_hh"], {}, {}};
  const Output a = op(in["x"], lengths, {}, forward, {}, false),
               b = op(in["x"], lengths, a.state.h, backward, {}, true);
  const Output top = op(a.y, lengths, b.state.h, backward, {Reset::before, Update::replace}, false);
  return {top.y, top.state.h, b.y};
}

std::vector<ErrorCase> packed_errors() {
  const auto zeros = [](Shape shape, Device d) { return Tensor::zeros(shape, DType::f64, d); };
  return {{[zeros](Device d) {
             gru_packed(zeros({3, 2}, d), Lengths({2, 1}, -1, d), {}, {zeros({12, 3}, d), zeros({12, 4}, d), {}, {}});
           },
           "[gru] need x (N = 3, I), weight_ih (3H, I) and weight_hh (3H, H), got (3, 2), (12, 3) and (12, 4)"},
          {[zeros](Device d) {
             gru_packed(zeros({2, 3}, d), Lengths({2, 0}, -1, d), {}, {zeros({12, 3}, d), zeros({12, 4}, d), {}, {}});
           },
           "[gru] need lengths of at least 1, got 0 for sequence 1"},
          {[zeros](Device d) {
             gru_packed(zeros({3, 3}, d), Lengths({2, 1}, -1, d), zeros({3, 4}, d),
                        {zeros({12, 3}, d), zeros({12, 4}, d), {}, {}});
           },
           "[gru] need h0 (B = 2, H = 4), got (3, 4)"}};
}

/// The gates are worked out for H = 1, x = 1, h = 0.5 with every weight 1 and no bias: r = z = sigmoid(x + h), n =
/// tanh(x + r h).
Sample cell_by_hand() {
  const std::vector<double> ones{1, 1, 1};
  return {"by hand",
          {given({1, 1}, {1}), given("h", {1, 1}, {0.5}), given("weight_ih", {3, 1}, ones),
           given("weight_hh", {3, 1}, ones)},
          [](In in) { return gru_cell(in["x"], in["h"], weights_of(in)); },
          {{{1, 1}, {0.5706417885951913}}}};
}

Row padded_row() {
  const auto with = [](bool reverse) -> Function {
    return [=](In in) -> Tensors {
      const Lengths lengths({2, 1, 3}, 4, in["x"].device());
      const Output out = gru(in["x"], &lengths, in["h0"], weights_of(in), {}, reverse);
      return {out.y, out.state.h};
    };
  };
  const auto twin = [](In in) -> Tensors {
    const Lengths lengths({2, 1, 3}, in["x"].dim(0), in["x"].device());
    const Output out = gru_packed_composed(pack(in["x"], lengths), lengths, in["h0"], weights_of(in));
    return {unpack(out.y, lengths), out.state.h};
  };
  const std::vector<Input> inputs{{{4, 3, 2}},
                                  {"h0", {3, 3}},
                                  {"weight_ih", {9, 2}, -1, 1},
                                  {"weight_hh", {9, 3}, -1, 1},
                                  {"bias_ih", {9}, -1, 1},
                                  {"bias_hh", {9}, -1, 1}};
  const Function dense = [](In in) -> Tensors {
    const Output out = gru(in["x"], nullptr, in["h0"], weights_of(in));
    return {out.y, out.state.h};
  };
  return {"gru",
          "h' = z h + (1 - z) n over padded x (T, B, I)",
          floats,
          2,
          {{"ragged", inputs, with(false), {}, twin},
           {"ragged, reverse", inputs, with(true)},
           {"dense", inputs, dense},
           {"two layers of both directions",
            {{{6, 2}},
             {"weight_ih", {6, 2}, -1, 1},
             {"weight_hh", {6, 2}, -1, 1},
             {"bias_ih", {6}, -1, 1},
             {"bias_hh", {6}, -1, 1},
             {"backward_ih", {6, 2}, -1, 1},
             {"backward_hh", {6, 2}, -1, 1}},
            [](In in) { return two_layers(in, gru_packed); },
            {},
            [](In in) { return two_layers(in, gru_packed_composed); }}},
          {}};
}

}  // namespace

std::vector<Row> gru_rows() {
  return {padded_row(),
          {"gru_packed", "h' = z h + (1 - z) n over packed rows (N, I)", floats, 2, packed_samples(), packed_errors(),
           1e-4},
          {"gru_cell",
           "h' = z h + (1 - z) n, one step",
           floats,
           2,
           {{"(2, 3)",
             {{{2, 3}},
              {"h", {2, 2}},
              {"weight_ih", {6, 3}, -1, 1},
              {"weight_hh", {6, 2}, -1, 1},
              {"bias_ih", {6}, -1, 1},
              {"bias_hh", {6}, -1, 1}},
             [](In in) {
               return gru_cell(in["x"], in["h"], weights_of(in), {Reset::before, Update::replace});
             }},
            cell_by_hand()},
           {}}};
}

}  // namespace grus::test
