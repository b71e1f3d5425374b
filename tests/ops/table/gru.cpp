// Gated recurrent units in every form: both directions, ragged lengths with 1 and full, a state to begin with that is
// not zero, the last state and the sequence both used, each bias alone, two layers.
#include "ops/gru.h"

#include <fmt/format.h>

#include "ops/sequence.h"
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

/// The arguments are x, weight_ih, weight_hh, then those of h0, bias_ih, bias_hh that the case has.
std::vector<Input> inputs_of(const Case& c, int64_t input, int64_t hidden) {
  const double range = hidden > 8 ? 0.15 : 1;  // a large loop with large weights is chaotic
  int64_t total = 0;
  for (const int64_t length : c.lengths) total += length;
  std::vector<Input> inputs{
      {{total, input}}, {{3 * hidden, input}, -range, range}, {{3 * hidden, hidden}, -range, range}};
  if (c.h0) inputs.push_back({{static_cast<int64_t>(c.lengths.size()), hidden}});
  for (const bool there : {c.bias_ih, c.bias_hh})
    if (there) inputs.push_back({{3 * hidden}, -range, range});
  return inputs;
}

Function function_of(const Case& c, Packed op) {
  return [=](Xs x) -> Tensors {
    size_t next = 3;
    const auto optional = [&](bool there) { return there ? x[next++] : Tensor(); };
    const Tensor h0 = optional(c.h0), bias_ih = optional(c.bias_ih), bias_hh = optional(c.bias_hh);
    const Output out =
        op(x[0], Lengths(c.lengths, -1, x[0].device()), h0, {x[1], x[2], bias_ih, bias_hh}, c.form, c.reverse);
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
  return samples;
}

/// Makes two layers, the second reading both directions of the first; every output is used.
Tensors two_layers(Xs x, Packed op) {
  const Lengths lengths({2, 1, 3}, -1, x[0].device());
  const GruWeights forward{x[1], x[2], x[3], x[4]}, backward{x[5], x[6], {}, {}};
  const Output a = op(x[0], lengths, {}, forward, {}, false), b = op(x[0], lengths, a.state.h, backward, {}, true);
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
          {given({1, 1}, {1}), given({1, 1}, {0.5}), given({3, 1}, ones), given({3, 1}, ones)},
          [](Xs x) {
            return gru_cell(x[0], x[1], {x[2], x[3], {}, {}});
          },
          {{{1, 1}, {0.5706417885951913}}}};
}

Row padded_row() {
  const auto with = [](bool reverse) -> Function {
    return [=](Xs x) -> Tensors {
      const Lengths lengths({2, 1, 3}, 4, x[0].device());
      const Output out = gru(x[0], &lengths, x[1], {x[2], x[3], x[4], x[5]}, {}, reverse);
      return {out.y, out.state.h};
    };
  };
  const auto twin = [](Xs x) -> Tensors {
    const Lengths lengths({2, 1, 3}, x[0].dim(0), x[0].device());
    const Output out = gru_packed_composed(pack(x[0], lengths), lengths, x[1], {x[2], x[3], x[4], x[5]});
    return {unpack(out.y, lengths), out.state.h};
  };
  const std::vector<Input> inputs{{{4, 3, 2}}, {{3, 3}}, {{9, 2}, -1, 1}, {{9, 3}, -1, 1}, {{9}, -1, 1}, {{9}, -1, 1}};
  const Function dense = [](Xs x) -> Tensors {
    const Output out = gru(x[0], nullptr, x[1], {x[2], x[3], x[4], x[5]});
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
            {{{6, 2}}, {{6, 2}, -1, 1}, {{6, 2}, -1, 1}, {{6}, -1, 1}, {{6}, -1, 1}, {{6, 2}, -1, 1}, {{6, 2}, -1, 1}},
            [](Xs x) { return two_layers(x, gru_packed); },
            {},
            [](Xs x) { return two_layers(x, gru_packed_composed); }}},
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
             {{{2, 3}}, {{2, 2}}, {{6, 3}, -1, 1}, {{6, 2}, -1, 1}, {{6}, -1, 1}, {{6}, -1, 1}},
             [](Xs x) {
               return gru_cell(x[0], x[1], {x[2], x[3], x[4], x[5]}, {Reset::before, Update::replace});
             }},
            cell_by_hand()},
           {}}};
}

}  // namespace grus::test
