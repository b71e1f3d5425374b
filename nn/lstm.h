#pragma once
// Long short-term memory (the equations: ops/lstm.h).
#include "nn/recurrent.h"
#include "ops/lstm.h"

namespace grus::nn {

struct LstmOptions {
  int64_t input, hidden;  // I, H
  int64_t layers = 1;
  bool bias = true;
  bool batch_first = false;  // x (B, T, I) and y (B, T, D H); states keep their shape
  double dropout = 0;        // between layers, in training
  bool bidirectional = false;
  double forget_bias = 0;       // added to the forget gates' first bias (Jozefowicz et al. 2015 advise 1)
  bool locked_dropout = false;  // as RecurrentOptions have it
  int64_t checkpoint = 0;       // as RecurrentOptions have it
};

/// Layers of long short-term memory: forward and forward_packed as RecurrentLayers', with a state {h, c}, (L D, B, H)
/// each.
class Lstm : public Module<Lstm, RecurrentStack> {
 public:
  explicit Lstm(LstmOptions options, Rng& rng = default_rng());

  LstmOptions options;

 protected:
  std::shared_ptr<const grus::Cell> made_of(const CellParameters& parameters) const override;
};

/// Adds to the forget gates' part of bias_ih. Throws UsageError, as [name], when there is none.
void add_forget_bias(CellParameters& cell, double by, const char* name);

struct LstmCellOptions {
  int64_t input, hidden;
  bool bias = true;
  double forget_bias = 0;
};

/// One step: x (B, I), h and c (B, H), or undefined: zeros -> h', c'. Also without the batch axis.
class LstmCell : public Module<LstmCell, RecurrentCell> {
 public:
  explicit LstmCell(LstmCellOptions options, Rng& rng = default_rng());
  State forward(const Tensor& x, const State& state = {}) const;
  /// The cell that `scan` runs.
  std::shared_ptr<const grus::Cell> kept() const override { return std::make_shared<cells::Lstm>(weights); }

  LstmCellOptions options;
};

}  // namespace grus::nn
