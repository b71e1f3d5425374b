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
  double forget_bias = 0;  // added to the forget gates' first bias (Jozefowicz et al. 2015 advise 1)
};

struct [[nodiscard]] LstmResult {
  Tensor y;     // as RecurrentOutput's
  Tensor h, c;  // (L D, B, H)
  RecurrentState state() const { return {h, c}; }
};
inline void collect_tensors(const LstmResult& result, std::vector<Tensor>& to) {
  to.insert(to.end(), {result.y, result.h, result.c});
}

/// x (T, B, I), or (T, I) for one sequence; first h and c (L D, B, H), or undefined: zeros. Throws ShapeError,
/// UsageError. Weights start from U(-1/sqrt(H), 1/sqrt(H)), as PyTorch's.
class Lstm : public Module<Lstm, RecurrentStack> {
 public:
  explicit Lstm(LstmOptions options, Rng& rng = default_rng());
  LstmResult forward(const Tensor& x, const RecurrentState& first = {}) const;
  /// Each sequence has its own length: a padded place changes nothing.
  LstmResult forward(const Tensor& x, const Lengths& lengths, const RecurrentState& first = {}) const;
  /// Packed rows (N, I) -> y (N, D H).
  LstmResult forward_packed(const Tensor& x, const Lengths& lengths, const RecurrentState& first = {}) const;

  LstmOptions options;

 private:
  static Output layer(const Tensor& x, const Lengths& lengths, const RecurrentState& first, const CellParameters& cell,
                      bool reverse);
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
  RecurrentState forward(const Tensor& x, const RecurrentState& state = {}) const;

  LstmCellOptions options;
};

}  // namespace grus::nn
