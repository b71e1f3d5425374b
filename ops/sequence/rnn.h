#pragma once
// The plain recurrent network (Elman 1990), composed of plain ops:  h' = act(W x + b + U h + b'),  act = tanh or relu.
#include "ops/sequence/recurrence.h"
#include "ops/sequence/scan.h"

namespace grus {

enum class Activation { tanh, relu };

namespace cells {

/// scan(cells::Rnn(weights), x, lengths, h0) gives state {h}, y = h. Its weights have one gate (G = 1).
class Rnn final : public Cell {
 public:
  explicit Rnn(RecurrentWeights given, Activation act = Activation::tanh)
      : weights(std::move(given)), activation(act) {}
  std::vector<int64_t> sizes() const override { return {weights.weight_hh.dim(1)}; }
  Tensor project(const Tensor& x) const override { return recurrence::gate_inputs_composed(x, weights); }
  Output step(const Tensor& x, const State& state) const override;
  /// Leaves one record for all steps on a tape that keeps the program, as other cells' loops do; gives nothing
  /// elsewhere.
  std::optional<Output> fused(const Tensor& x, const Lengths& lengths, const State& first, bool reverse) const override;
  void check(const Tensor& x, const Lengths& lengths, const State& first) const override;
  std::shared_ptr<const Cell> kept() const override { return std::make_shared<Rnn>(*this); }
  const char* name() const override { return "rnn"; }

  RecurrentWeights weights;
  Activation activation;
};

}  // namespace cells
}  // namespace grus
