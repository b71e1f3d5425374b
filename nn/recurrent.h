#pragma once
// What Rnn and Gru share: layers, directions, lengths, layouts. Names and layouts are PyTorch's: weight_ih_l0,
// weight_hh_l0, bias_ih_l0, bias_hh_l0, then _l1 ..., with _reverse for the backward direction.
#include <functional>

#include "core/lengths.h"
#include "nn/module.h"
#include "ops/gru.h"

namespace grus::nn {

struct RecurrentOutput {
  Tensor y;  // (T, B, D H): the last layer's states, both directions side by side (D = 2); zeros past the lengths
  Tensor h;  // (L D, B, H): every layer's last state, in the order layer 0 forward, layer 0 reverse, layer 1 ...
};

/// The parameters of one layer in one direction; G gates.
struct CellParameters {
  Parameter weight_ih;  // (G H, I)
  Parameter weight_hh;  // (G H, H)
  Parameter bias_ih;    // (G H), or absent
  Parameter bias_hh;    // (G H), or absent
  operator GruWeights() const { return {weight_ih, weight_hh, bias_ih, bias_hh}; }
};

struct StackOptions {
  const char* name;
  int64_t gates, input, hidden, layers;
  bool bias, batch_first;
  double dropout;  // between layers, in training
  bool bidirectional;
};

class RecurrentStack : public ModuleBase {
 public:
  /// Cell of a layer and direction (1: reverse).
  CellParameters& cell(int64_t layer, int direction = 0) { return cells_[index(layer, direction)]; }
  const CellParameters& cell(int64_t layer, int direction = 0) const { return cells_[index(layer, direction)]; }

 protected:
  /// One layer, one direction, on packed rows: x (N, I), h0 (B, H) or undefined.
  using Layer =
      std::function<GruOutput(const Tensor& x, const Lengths&, const Tensor& h0, const CellParameters&, bool reverse)>;

  RecurrentStack(const StackOptions& options, Rng& rng);
  RecurrentOutput run_packed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const Layer& layer) const;
  /// Padded, batched or not; lengths null: all T.
  RecurrentOutput run(const Tensor& x, const Lengths* lengths, const Tensor& h0, const Layer& layer) const;

 private:
  size_t index(int64_t layer, int direction) const;
  int directions() const { return stack_.bidirectional ? 2 : 1; }
  StackOptions stack_;
  std::vector<CellParameters> cells_;  // layer-major
};

}  // namespace grus::nn
