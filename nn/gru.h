#pragma once
// Gated recurrent units; which one they are is said by `reset` and `update` (the equations: ops/gru.h).
#include "nn/recurrent.h"
#include "ops/gru.h"

namespace grus::nn {

struct GruOptions {
  int64_t input, hidden;  // I, H
  int64_t layers = 1;
  bool bias = true;
  bool batch_first = false;  // x (B, T, I) and y (B, T, D H); states keep their shape
  double dropout = 0;        // between layers, in training
  bool bidirectional = false;
  Reset reset = Reset::after;
  Update update = Update::keep;
  bool locked_dropout = false;  // as RecurrentOptions have it
  int64_t checkpoint = 0;       // as RecurrentOptions have it
};

/// Layers of gated recurrent units: forward and forward_packed as RecurrentLayers', with a state {h} (L D, B, H).
class Gru : public Module<Gru, RecurrentStack> {
 public:
  explicit Gru(GruOptions options, Rng& rng = default_rng());

  GruOptions options;

 protected:
  std::shared_ptr<const grus::Cell> made_of(const CellParameters& parameters) const override;
};

struct GruCellOptions {
  int64_t input, hidden;
  bool bias = true;
  Reset reset = Reset::after;
  Update update = Update::keep;
};

/// One step: x (B, I), h (B, H), or undefined: zeros -> h' (B, H). Also without the batch axis. Parameters weight_ih,
/// ...
class GruCell : public Module<GruCell, RecurrentCell> {
 public:
  explicit GruCell(GruCellOptions options, Rng& rng = default_rng());
  Tensor forward(const Tensor& x, const Tensor& h = Tensor()) const;
  /// The cell that `scan` runs.
  std::shared_ptr<const grus::Cell> kept() const override { return std::make_shared<cells::Gru>(weights, form()); }

  GruForm form() const { return {options.reset, options.update}; }
  GruCellOptions options;
};

}  // namespace grus::nn
