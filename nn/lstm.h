#pragma once
// Long short-term memory, whose equations stand in ops/sequence/lstm.h.
#include "nn/recurrent.h"
#include "ops/sequence/lstm.h"

namespace grus::nn {

struct LstmOptions {
  int64_t input, hidden;  // I, H
  int64_t layers = 1;
  bool bias = true;
  bool batch_first = false;  // x (B, T, I) and y (B, T, D H); states keep their shape
  double dropout = 0;        // between layers, in training
  bool bidirectional = false;
  double forget_bias = 0;       // added to the forget gates' first bias (Jozefowicz et al. 2015 advise 1)
  bool locked_dropout = false;  // RecurrentOptions::locked_dropout
  int64_t checkpoint = 0;       // RecurrentOptions::checkpoint
  bool residual = false;        // RecurrentOptions::residual
  double weight_drop = 0;       // of weight_hh, one mask a call, in training (Merity et al. 2018)
};

/// Lstm is layers of long short-term memory. RecurrentLayers has its forward and forward_packed; the state is {h, c},
/// (L D, B, H) each.
class Lstm : public Module<Lstm, RecurrentStack> {
 public:
  explicit Lstm(LstmOptions options, Rng& rng = default_rng());

  LstmOptions options;

 protected:
  std::shared_ptr<const grus::Cell> made_of(const RecurrentWeights& given) const override;
};

/// Adds `by` to the forget gates' part of bias_ih. Throws UsageError, beginning with [name], when there is no bias.
void add_forget_bias(CellParameters& cell, double by, const char* name);

struct LstmCellOptions {
  int64_t input, hidden;
  bool bias = true;
  double forget_bias = 0;
};

/// LstmCell computes one step: x (B, I), state {h, c} (B, H) or undefined for zeros -> {h', c'}, or all without the
/// batch axis. RecurrentCell has its parameters.
class LstmCell : public Module<LstmCell, RecurrentCell> {
 public:
  explicit LstmCell(LstmCellOptions options, Rng& rng = default_rng());
  State forward(const Tensor& x, const State& state = {}) const;
  /// Returns the cell that `scan` runs.
  std::shared_ptr<const grus::Cell> kept() const override { return std::make_shared<cells::Lstm>(weights); }

  LstmCellOptions options;
};

}  // namespace grus::nn
