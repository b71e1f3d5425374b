// Recurrent layers, packed and padded, ragged, both directions, with and without each bias and first state.
#include <fmt/format.h>

#include "nn/rnn.h"
#include "ops/sequence/gru.h"
#include "ops/sequence/lstm.h"
#include "tests/random/statement.h"

namespace grus::test {
namespace {

/// The settings with which all cells are drawn.
struct Layer {
  std::vector<int64_t> lengths;
  int64_t input, hidden;
  bool padded, reverse, first, bias_ih, bias_hh;
  std::vector<Input> inputs;  // x, weight_ih, weight_hh, then the states and biases that there are
};

Layer draw_layer(Choices& choices, const Sizes& like, int64_t gates, int states) {
  Layer layer{};
  layer.padded = choices.maybe();
  const bool many = choices.in(0, 39) == 39;  // so many that threads take a part each
  const int64_t batch = many ? choices.in(24, 70) : choices.in(0, 29) == 29 ? 0 : choices.in(1, 5);
  layer.lengths = draw_lengths(choices, batch, 1);
  layer.input = !like.empty() && like.back() > 0 && like.back() < 20 ? like.back() : draw_size(choices);
  layer.hidden = draw_size(choices);
  layer.reverse = choices.maybe();
  layer.first = choices.maybe();
  layer.bias_ih = choices.maybe();
  layer.bias_hh = choices.maybe();
  const double range = layer.hidden > 8 || layer.input > 8 ? 0.15 : 1;  // a large loop with large weights is chaotic
  int64_t longest = 0;
  for (const int64_t length : layer.lengths) longest = std::max(longest, length);
  layer.inputs.push_back(layer.padded ? Input(Shape{longest, batch, layer.input})
                                      : Input(Shape{total(layer.lengths), layer.input}));
  layer.inputs.push_back({{gates * layer.hidden, layer.input}, -range, range});
  layer.inputs.push_back({{gates * layer.hidden, layer.hidden}, -range, range});
  for (int i = 0; i < states && layer.first; ++i) layer.inputs.push_back({{batch, layer.hidden}});
  for (const bool there : {layer.bias_ih, layer.bias_hh})
    if (there) layer.inputs.push_back({{gates * layer.hidden}, -range, range});
  return layer;
}

std::string text_of(const Layer& l) {
  return fmt::format("Lengths({{{}}}), {}{}{}{}", fmt::join(l.lengths, ", "), l.first ? "first states, " : "",
                     l.bias_ih ? "bias_ih, " : "", l.bias_hh ? "bias_hh, " : "", l.reverse ? "reverse" : "forward");
}

/// The arguments of a layer, by name.
struct Arguments {
  Arguments(const Layer& layer, Xs x, int states) : lengths(layer.lengths, -1, x[0].device()) {
    size_t next = 3;
    if (layer.first) first = x[next++];
    if (layer.first && states > 1) second = x[next++];
    weights = {x[1], x[2], {}, {}};
    if (layer.bias_ih) weights.bias_ih = x[next++];
    if (layer.bias_hh) weights.bias_hh = x[next++];
  }
  Lengths lengths;
  Tensor first, second;
  RecurrentWeights weights;
};

Sample draw_gru(Choices& choices, const Sizes& like) {
  const Layer layer = draw_layer(choices, like, 3, 1);
  const GruForm form{choices.maybe() ? Reset::before : Reset::after, choices.maybe() ? Update::replace : Update::keep};
  return {fmt::format("{} [{}, {}, {}]", layer.padded ? "gru" : "gru_packed", text_of(layer),
                      form.reset == Reset::before ? "reset before" : "reset after",
                      form.update == Update::replace ? "update replaces" : "update keeps"),
          layer.inputs, [=](Xs x) -> Tensors {
            const Arguments a(layer, x, 1);
            const Output y = layer.padded ? gru(x[0], &a.lengths, a.first, a.weights, form, layer.reverse)
                                          : gru_packed(x[0], a.lengths, a.first, a.weights, form, layer.reverse);
            return {y.y, y.state.h};
          }};
}

Sample draw_lstm(Choices& choices, const Sizes& like) {
  const Layer layer = draw_layer(choices, like, 4, 2);
  return {fmt::format("{} [{}]", layer.padded ? "lstm" : "lstm_packed", text_of(layer)), layer.inputs,
          [=](Xs x) -> Tensors {
            const Arguments a(layer, x, 2);
            const State first{a.first, a.second};
            const Output y = layer.padded ? lstm(x[0], &a.lengths, first, a.weights, layer.reverse)
                                          : lstm_packed(x[0], a.lengths, first, a.weights, layer.reverse);
            return {y.y, y.state.h, y.state.c};
          }};
}

Sample draw_cells(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 2, 2);
  const int64_t hidden = draw_size(choices);
  const bool gated = choices.maybe();
  const int64_t gates = gated ? 3 : 4;
  const std::vector<Input> inputs{{shape_of(sizes)},
                                  {{gates * hidden, sizes[1]}, -1, 1},
                                  {{gates * hidden, hidden}, -1, 1},
                                  {{sizes[0], hidden}},
                                  {{gates * hidden}, -1, 1}};
  if (gated)
    return {"gru_cell($0, $3, {$1, $2, $4, {}})", inputs, [](Xs x) {
              return gru_cell(x[0], x[3], {x[1], x[2], x[4], {}});
            }};
  return {"lstm_cell($0, {$3, $3}, {$1, $2, {}, $4})", inputs, [](Xs x) -> Tensors {
            const State next = lstm_cell(x[0], {x[3], x[3]}, {x[1], x[2], {}, x[4]});
            return {next.h, next.c};
          }};
}

/// The module, whose weights are its own.
Sample draw_rnn(Choices& choices, const Sizes& like) {
  const Sizes sizes = sizes_like(choices, like, 1, 3, 60);
  const std::vector<int64_t> lengths = draw_lengths(choices, choices.in(1, 4), 1);
  const nn::RnnOptions options{.input = std::max<int64_t>(sizes.back(), 1),
                               .hidden = draw_size(choices),
                               .layers = choices.in(1, 2),
                               .activation = choices.maybe() ? nn::Activation::relu : nn::Activation::tanh,
                               .bidirectional = choices.maybe()};
  const auto seed = static_cast<uint64_t>(choices.in(0, 1000));
  return {fmt::format("nn::Rnn({{.input = {}, .hidden = {}, .layers = {}, .activation = {}, .bidirectional = {}}}, "
                      "Rng({})).forward_packed($0, Lengths({{{}}}))",
                      options.input, options.hidden, options.layers,
                      options.activation == nn::Activation::relu ? "relu" : "tanh", text(options.bidirectional), seed,
                      fmt::join(lengths, ", ")),
          {{{total(lengths), options.input}}},
          [=](Xs x) -> Tensors {
            Rng rng(seed);
            nn::Rnn rnn(options, rng);
            rnn.to(x[0].dtype());
            rnn.to(x[0].device());
            const Output out = rnn.forward_packed(x[0], Lengths(lengths, -1, x[0].device()));
            return {out.y, out.state.h};
          }};
}

}  // namespace

std::vector<Statement> recurrent_statements() {
  return {{"gru_packed", draw_gru}, {"lstm_packed", draw_lstm}, {"gru_cell", draw_cells}, {"rnn", draw_rnn}};
}

}  // namespace grus::test
