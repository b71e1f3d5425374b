#pragma once
// Gated recurrent units; which one they are is said by `reset` and `update` (the equations: ops/gru.h).
#include "nn/recurrent.h"
#include "ops/gru.h"

namespace grus::nn {

struct GruOptions {
  int64_t input, hidden;  // I, H
  int64_t layers = 1;
  bool bias = true;
  bool batch_first = false;  // x (B, T, I) and y (B, T, D H); h0 and h keep their shape
  double dropout = 0;        // between layers, in training
  bool bidirectional = false;
  Reset reset = Reset::after;
  Update update = Update::keep;
};

/// x (T, B, I), or (T, I) for one sequence; h0 (L D, B, H), or undefined: zeros. Throws ShapeError, UsageError.
/// Weights start from U(-1/sqrt(H), 1/sqrt(H)), as PyTorch's.
class Gru : public Module<Gru, RecurrentStack> {
 public:
  explicit Gru(GruOptions options, Rng& rng = default_rng());
  RecurrentOutput forward(const Tensor& x, const Tensor& h0 = Tensor()) const;
  /// Each sequence has its own length: a padded place changes nothing.
  RecurrentOutput forward(const Tensor& x, const Lengths& lengths, const Tensor& h0 = Tensor()) const;
  /// Packed rows (N, I) -> y (N, D H).
  RecurrentOutput forward_packed(const Tensor& x, const Lengths& lengths, const Tensor& h0 = Tensor()) const;

  GruOptions options;

 private:
  Layer layer() const;
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

  GruForm form() const { return {options.reset, options.update}; }
  GruCellOptions options;
};

}  // namespace grus::nn
