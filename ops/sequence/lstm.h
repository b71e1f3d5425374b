#pragma once
// Long short-term memory with forget gates (Hochreiter and Schmidhuber 1997, Gers et al. 2000), fused and composed:
//
//   k = sigmoid(W_k x + b_k + U_k h + b'_k) for k = i, f, o      g = tanh(W_g x + b_g + U_g h + b'_g)
//   c' = f * c + i * g                           h' = o * tanh(c')
#include "ops/sequence/recurrence.h"
#include "ops/sequence/scan.h"

namespace grus {

using LstmWeights = RecurrentWeights;  // G = 4, gates in the order i, f, g, o

/// Computes one step in plain ops: x (B, I), state {h, c} (B, H) -> {h', c'}. Throws ShapeError, DtypeError.
State lstm_cell(const Tensor& x, const State& state, const LstmWeights& weights);

namespace cells {

/// scan(cells::Lstm(weights), x, lengths, {h0, c0}) gives state {h, c}, y = h. The fused loop saves the gates and c,
/// (N, 5H) numbers, and each row's incoming h and c. Throws UsageError for a length of 0.
class Lstm final : public Cell {
 public:
  explicit Lstm(LstmWeights given) : weights(std::move(given)) {}
  std::vector<int64_t> sizes() const override { return {weights.weight_hh.dim(1), weights.weight_hh.dim(1)}; }
  Tensor project(const Tensor& x) const override { return recurrence::gate_inputs_composed(x, weights); }
  Output step(const Tensor& x, const State& state) const override;
  std::optional<Output> fused(const Tensor& x, const Lengths& lengths, const State& first, bool reverse) const override;
  void check(const Tensor& x, const Lengths& lengths, const State& first) const override;
  std::shared_ptr<const Cell> kept() const override { return std::make_shared<Lstm>(*this); }
  const char* name() const override { return "lstm"; }

  LstmWeights weights;
};

}  // namespace cells

/// Runs one layer: x (T, B, I), first state {h0, c0} (B, H) -> y (T, B, H), zeros past the lengths. Null lengths are
/// all T. `reverse` runs each sequence from its own last step. Throws ShapeError, DtypeError.
Output lstm(const Tensor& x, const Lengths* lengths, const State& first, const LstmWeights& weights,
            bool reverse = false);
/// Runs one layer on packed rows: x (N, I), first state {h0, c0} (B, H) -> y (N, H). `reverse` runs each sequence from
/// its own last step. Throws ShapeError, DtypeError.
Output lstm_packed(const Tensor& x, const Lengths& lengths, const State& first, const LstmWeights& weights,
                   bool reverse = false);
/// The composed twin of lstm_packed.
Output lstm_packed_composed(const Tensor& x, const Lengths& lengths, const State& first, const LstmWeights& weights,
                            bool reverse = false);

}  // namespace grus
