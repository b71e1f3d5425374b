#pragma once
// Gated recurrent units, fused and composed. GruForm chooses among them (r is the reset gate, z the update gate, n the
// new state, * elementwise):
//
//   r = sigmoid(W_r x + b_r + U_r h + b'_r)          z = sigmoid(W_z x + b_z + U_z h + b'_z)
//   Reset::after    n = tanh(W_n x + b_n + r * (U_n h + b'_n))      cuDNN, PyTorch, Keras reset_after
//   Reset::before   n = tanh(W_n x + b_n + U_n (r * h) + b'_n)      Cho et al. 2014 (v3), Bahdanau et al. 2014
//   Update::keep    h' = z * h + (1 - z) * n                        Cho et al. 2014, cuDNN, PyTorch, Keras
//   Update::replace h' = (1 - z) * h + z * n                        Bahdanau et al. 2014
// Sources: gru.cpp, gru_step.h, gru_step.cpp.
#include "ops/sequence/recurrence.h"
#include "ops/sequence/scan.h"

namespace grus {

struct GruForm {
  Reset reset = Reset::after;
  Update update = Update::keep;
};

using GruWeights = RecurrentWeights;  // G = 3, gates in the order r, z, n

/// Computes one step in plain ops: x (B, I), h (B, H) -> h' (B, H). Throws ShapeError, DtypeError.
Tensor gru_cell(const Tensor& x, const Tensor& h, const GruWeights& weights, GruForm form = {});

namespace cells {

/// scan(cells::Gru(weights), x, lengths, h0) gives state {h}, y = h. The fused loop saves the gates and one product,
/// (N, 4H) numbers, and each row's incoming state. Throws UsageError for a length of 0.
class Gru final : public Cell {
 public:
  explicit Gru(GruWeights given, GruForm as = {}) : weights(std::move(given)), form(as) {}
  std::vector<int64_t> sizes() const override { return {weights.weight_hh.dim(1)}; }
  Tensor project(const Tensor& x) const override { return recurrence::gate_inputs_composed(x, weights); }
  Output step(const Tensor& x, const State& state) const override;
  std::optional<Output> fused(const Tensor& x, const Lengths& lengths, const State& first, bool reverse) const override;
  void check(const Tensor& x, const Lengths& lengths, const State& first) const override;
  std::shared_ptr<const Cell> kept() const override { return std::make_shared<Gru>(*this); }
  const char* name() const override { return "gru"; }

  GruWeights weights;
  GruForm form;
};

}  // namespace cells

/// Runs one layer: x (T, B, I), h0 (B, H) or undefined for zeros -> y (T, B, H), zeros past the lengths. Null lengths
/// are all T. `reverse` runs each sequence from its own last step. Throws ShapeError, DtypeError.
Output gru(const Tensor& x, const Lengths* lengths, const Tensor& h0, const GruWeights& weights, GruForm form = {},
           bool reverse = false);
/// Runs one layer on packed rows: x (N, I), h0 (B, H) or undefined for zeros -> y (N, H). `reverse` runs each sequence
/// from its own last step. Throws ShapeError, DtypeError.
Output gru_packed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const GruWeights& weights,
                  GruForm form = {}, bool reverse = false);
/// The composed twin of gru_packed.
Output gru_packed_composed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const GruWeights& weights,
                           GruForm form = {}, bool reverse = false);

}  // namespace grus
