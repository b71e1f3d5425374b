#pragma once
// What Rnn, Gru and Lstm share: layers, directions, lengths, layouts. Names and layouts are PyTorch's: weight_ih_l0,
// weight_hh_l0, bias_ih_l0, bias_hh_l0, then _l1 ..., with _reverse for the backward direction.
#include <functional>

#include "core/tensor/lengths.h"
#include "nn/module.h"
#include "ops/recurrence.h"

namespace grus::nn {

struct [[nodiscard]] RecurrentOutput {
  Tensor y;  // (T, B, D H): the last layer's states, both directions side by side (D = 2); zeros past the lengths
  Tensor h;  // (L D, B, H): every layer's last state, in the order layer 0 forward, layer 0 reverse, layer 1 ...
};

/// What layers start from and end with: h (L D, B, H) and, of an LSTM, c (the same). Undefined: zeros, or none.
struct RecurrentState {
  Tensor h, c;
};

// What hooks see of them.
inline void collect_tensors(const RecurrentOutput& output, std::vector<Tensor>& to) {
  to.insert(to.end(), {output.y, output.h});
}
inline void collect_tensors(const RecurrentState& state, std::vector<Tensor>& to) {
  to.insert(to.end(), {state.h, state.c});
}

/// The parameters of one layer in one direction; G gates.
struct CellParameters {
  Parameter weight_ih;  // (G H, I)
  Parameter weight_hh;  // (G H, H)
  Parameter bias_ih;    // (G H), or absent
  Parameter bias_hh;    // (G H), or absent
  operator RecurrentWeights() const { return {weight_ih, weight_hh, bias_ih, bias_hh}; }
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
  /// Of one layer and direction: y (N, H), last (B, H); of the whole stack as RecurrentOutput has it.
  struct Output {
    Tensor y;
    RecurrentState last;
    operator RecurrentOutput() const { return {y, last.h}; }
  };
  /// One layer, one direction, on packed rows: x (N, I), first (B, H) or undefined.
  using Layer = std::function<Output(const Tensor& x, const Lengths&, const RecurrentState& first,
                                     const CellParameters&, bool reverse)>;

  RecurrentStack(const StackOptions& options, Rng& rng);
  Output run_packed(const Tensor& x, const Lengths& lengths, const RecurrentState& first, const Layer& layer) const;
  /// Padded, batched or not; lengths null: all T.
  Output run(const Tensor& x, const Lengths* lengths, const RecurrentState& first, const Layer& layer) const;

 private:
  size_t index(int64_t layer, int direction) const;
  void require_kinds(const Tensor& x, const Lengths* lengths, const RecurrentState& first) const;
  void require_state(const char* name, const Tensor& state, int64_t batch) const;
  int directions() const { return stack_.bidirectional ? 2 : 1; }
  StackOptions stack_;
  std::vector<CellParameters> cells_;  // layer-major
};

/// What GruCell and LstmCell share: the parameters weight_ih, weight_hh, bias_ih and bias_hh.
class RecurrentCell : public ModuleBase {
 public:
  CellParameters weights;

 protected:
  RecurrentCell(const char* name, int64_t gates, int64_t input, int64_t hidden, bool bias, Rng& rng);
  /// x must be (B, I) or (I), a state (B, H) or (H) beside it. Throws ShapeError, DtypeError.
  void require_input(const Tensor& x) const;
  void require_state(const char* name, const Tensor& state, const Tensor& x) const;
  /// The state, or zeros (B, H) where it is undefined.
  Tensor state_or_zeros(const Tensor& state, const Tensor& x) const;

 private:
  const char* name_;
};

}  // namespace grus::nn
