#include "nn/gru.h"

#include <cmath>

#include "nn/init.h"

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

namespace {
auto layer_of(GruForm form) {
  return [form](const Tensor& x, const Lengths& lengths, const Tensor& h0, const CellParameters& cell, bool reverse) {
    return gru_packed(x, lengths, h0, cell, form, reverse);
  };
}
}  // namespace

RecurrentOutput Gru::forward(const Tensor& x, const Tensor& h0) const {
  return run(x, nullptr, h0, layer_of({options.reset, options.update}));
}

RecurrentOutput Gru::forward(const Tensor& x, const Lengths& lengths, const Tensor& h0) const {
  return run(x, &lengths, h0, layer_of({options.reset, options.update}));
}

RecurrentOutput Gru::forward_packed(const Tensor& x, const Lengths& lengths, const Tensor& h0) const {
  return run_packed(x, lengths, h0, layer_of({options.reset, options.update}));
}

GruCell::GruCell(GruCellOptions given, Rng& rng) : options(given) {
  require<UsageError>(options.input > 0 && options.hidden > 0, "[GruCell] need sizes of at least 1, got {} and {}",
                      options.input, options.hidden);
  const double bound = 1 / std::sqrt(static_cast<double>(options.hidden));
  const int64_t rows = 3 * options.hidden;
  weights.weight_ih = param("weight_ih", init::uniform({rows, options.input}, -bound, bound, rng));
  weights.weight_hh = param("weight_hh", init::uniform({rows, options.hidden}, -bound, bound, rng));
  if (!options.bias) return;
  weights.bias_ih = param("bias_ih", init::uniform({rows}, -bound, bound, rng));
  weights.bias_hh = param("bias_hh", init::uniform({rows}, -bound, bound, rng));
}

Tensor GruCell::forward(const Tensor& x, const Tensor& h) const {
  require((x.rank() == 1 || x.rank() == 2) && x.dim(-1) == options.input, "[GruCell] need x (B, {0}) or ({0}), got {1}",
          options.input, x.shape());
  if (x.rank() == 1) return forward(x.reshape({1, -1}), h.defined() ? h.reshape({1, -1}) : h).reshape({-1});
  const Tensor state = h.defined() ? h : Tensor::zeros({x.dim(0), options.hidden}, x.dtype(), x.device());
  return gru_cell(x, state, weights, form());
}

}  // namespace grus::nn
