#pragma once
// Gated recurrent units. The options `reset` and `update` choose among the equations of ops/sequence/gru.h.
#include "nn/recurrent.h"
#include "ops/sequence/gru.h"

namespace grus::nn {

/// Returns what a file of weights says of their equations: "gates r z n, reset after, update keep" is PyTorch's
/// convention. Names tell the rest: bias_ih and bias_hh are two biases.
std::string convention_of(GruForm form);

struct GruOptions {
  int64_t input, hidden;  // I, H
  int64_t layers = 1;
  bool bias = true;
  bool batch_first = false;  // x (B, T, I) and y (B, T, D H); states keep their shape
  double dropout = 0;        // between layers, in training
  bool bidirectional = false;
  Reset reset = Reset::after;
  Update update = Update::keep;
  bool locked_dropout = false;  // RecurrentOptions::locked_dropout
  int64_t checkpoint = 0;       // RecurrentOptions::checkpoint
  bool residual = false;        // RecurrentOptions::residual
  double weight_drop = 0;       // of weight_hh, one mask a call, in training (Merity et al. 2018)
};

/// Gru is layers of gated recurrent units. RecurrentLayers has its forward and forward_packed; the state is {h},
/// (L D, B, H).
class Gru : public Module<Gru, RecurrentStack> {
 public:
  explicit Gru(GruOptions options, Rng& rng = default_rng());

  GruOptions options;

 protected:
  std::shared_ptr<const grus::Cell> made_of(const RecurrentWeights& given) const override;
};

struct GruCellOptions {
  int64_t input, hidden;
  bool bias = true;
  Reset reset = Reset::after;
  Update update = Update::keep;
};

/// GruCell computes one step: x (B, I), h (B, H) or undefined for zeros -> h' (B, H), or all without the batch axis.
/// RecurrentCell has its parameters.
class GruCell : public Module<GruCell, RecurrentCell> {
 public:
  explicit GruCell(GruCellOptions options, Rng& rng = default_rng());
  Tensor forward(const Tensor& x, const Tensor& h = Tensor()) const;
  /// Returns the cell that `scan` runs.
  std::shared_ptr<const grus::Cell> kept() const override { return std::make_shared<cells::Gru>(weights, form()); }

  GruForm form() const { return {options.reset, options.update}; }
  GruCellOptions options;
};

}  // namespace grus::nn
