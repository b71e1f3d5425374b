#pragma once
// Long short-term memory with forget gates (Hochreiter and Schmidhuber 1997, Gers et al. 2000), fused and composed:
//
//   i = sigmoid(W_i x + b_i + U_i h + b'_i)      f, o likewise      g = tanh(W_g x + b_g + U_g h + b'_g)
//   c' = f * c + i * g                           h' = o * tanh(c')
#include "ops/recurrence.h"
#include "ops/scan.h"

namespace grus {

using LstmWeights = RecurrentWeights;  // G = 4, gates in the order i, f, g, o

/// One step in plain ops: x (B, I), state {h, c} (B, H) -> {h', c'}.
State lstm_cell(const Tensor& x, const State& state, const LstmWeights& weights);

namespace cells {

/// scan(cells::Lstm(weights), x, lengths, {h0, c0}): state {h, c}, y = h. Fused: saves the gates and c, (N, 5H)
/// numbers, and each row's incoming h and c. Lengths of at least 1.
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

/// One layer over x (T, B, I): y (T, B, H), zeros past the lengths. `reverse` runs each sequence from its own last
/// step. lengths null: all T. Throws ShapeError, DtypeError.
Output lstm(const Tensor& x, const Lengths* lengths, const State& first, const LstmWeights& weights,
            bool reverse = false);
/// The same on packed rows (N, I) -> (N, H).
Output lstm_packed(const Tensor& x, const Lengths& lengths, const State& first, const LstmWeights& weights,
                   bool reverse = false);
Output lstm_packed_composed(const Tensor& x, const Lengths& lengths, const State& first, const LstmWeights& weights,
                            bool reverse = false);

}  // namespace grus
