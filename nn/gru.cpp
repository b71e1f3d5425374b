#include "nn/gru.h"
#include "nn/path_scope.h"

namespace grus::nn {

Gru::Gru(GruOptions given, Rng& rng)
    : Module(StackOptions{.name = "Gru",
                          .gates = 3,
                          .input = given.input,
                          .hidden = given.hidden,
                          .layers = given.layers,
                          .bias = given.bias,
                          .batch_first = given.batch_first,
                          .dropout = given.dropout,
                          .bidirectional = given.bidirectional},
             rng),
      options(given) {}

RecurrentStack::Layer Gru::layer() const {
  return [form = GruForm{options.reset, options.update}](const Tensor& x, const Lengths& lengths,
                                                         const RecurrentState& first, const CellParameters& cell,
                                                         bool reverse) -> Output {
    GruOutput out = gru_packed(x, lengths, first.h, cell, form, reverse);
    return {std::move(out.y), {std::move(out.h), {}}};
  };
}

RecurrentOutput Gru::forward(const Tensor& x, const Tensor& h0) const { return run(x, nullptr, {h0, {}}, layer()); }

RecurrentOutput Gru::forward(const Tensor& x, const Lengths& lengths, const Tensor& h0) const {
  return run(x, &lengths, {h0, {}}, layer());
}

RecurrentOutput Gru::forward_packed(const Tensor& x, const Lengths& lengths, const Tensor& h0) const {
  const PathScope scope(path());
  return run_packed(x, lengths, {h0, {}}, layer());
}

GruCell::GruCell(GruCellOptions given, Rng& rng)
    : Module("GruCell", 3, given.input, given.hidden, given.bias, rng), options(given) {}

Tensor GruCell::forward(const Tensor& x, const Tensor& h) const {
  require_input(x);
  require_state("h", h, x);
  if (x.rank() == 1) return forward(x.reshape({1, -1}), h.defined() ? h.reshape({1, -1}) : h).reshape({-1});
  return gru_cell(x, state_or_zeros(h, x), weights, form());
}

}  // namespace grus::nn
