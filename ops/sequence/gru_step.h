#pragma once
// A layer's loop and the decoder's loop share one step of a GRU on some rows of packed buffers, forward and backward.
// Internal to ops; nothing here is recorded.
#include "ops/sequence/gru.h"

namespace grus {

/// Tells whether the device has the fused gates and the user wants them.
bool has_fused_gru(Device device);

/// GruRows holds what forward computes of each row for backward.
struct GruRows {
  GruRows() = default;
  GruRows(int64_t rows, int64_t hidden, DType dtype, Device device);
  Tensor gates;    // (N, 3H): r, z, n
  Tensor product;  // (N, H): U_n h + b'_n (Reset::after), or r * h (Reset::before)
};

/// SavedGruRows are these as a record saved them. Nobody else holds them, so a gradient may be written over the gates.
struct SavedGruRows {
  const Tensor &gates, &product;
};

/// GruForward names the whole packed buffers of a forward loop.
struct GruForward {
  Matrix gx, h;              // (N, 3H): the gates' inputs; (N, H): the states that come in
  Matrix gates, product, y;  // written: the rows of GruRows, and the states that go out (N, H)
};
/// GruBackward names the whole packed buffers of a backward loop.
struct GruBackward {
  Matrix h, gates, product;  // as GruForward has them
  Matrix dy;                 // (N, H): the gradient that reached y itself, or absent
  Matrix dgx, dgh;           // (N, 3H), written; dgh only for Reset::after
  Matrix dh;                 // (B, H), by rank: in, the gradient of y from later steps; out, the gradient of h
};

/// Up to this H a product of a step is too little work for a launch of its own. Nobody has measured it on a GPU.
inline constexpr int64_t whole_step_hidden = 256;

/// A GruStep computes steps on rows of packed buffers. Steps of disjoint ranks may run at once. weight_hh and bias_hh
/// must outlive it.
class GruStep {
 public:
  GruStep(const Tensor& weight_hh, const Tensor& bias_hh, GruForm form, int64_t batch);
  /// Tells whether a step is one call, as pays where calls are launches and states are small (at most
  /// `whole_step_hidden`). forward() then takes U^T (H, 3H) and the states from `from`, and writes buffers.h;
  /// backward() is told the rows of the step after it, and leaves out what the last call's dgh adds to dh.
  bool is_whole() const { return whole_; }
  void forward(const GruForward& buffers, const Matrix& turned, const recurrence::Incoming& from,
               recurrence::StepRows rows) const;
  void backward(const GruBackward& buffers, recurrence::StepRows rows, recurrence::StepRows later) const;

  void forward(const GruForward& buffers, recurrence::StepRows rows) const;
  void backward(const GruBackward& buffers, recurrence::StepRows rows) const;
  /// Adds, after the loop, the gradients of weight_hh and bias_hh from all rows at once. `previous` (N, H) holds the
  /// states that came in.
  void add_weight_gradients(Input weight_hh, Input bias_hh, const Tensor& previous, const SavedGruRows& rows,
                            const Tensor& dgx, const Tensor& dgh) const;

 private:
  Matrix weight_of(int64_t first_gate, int64_t last_gate) const;
  Matrix bias_of(int64_t first_gate, int64_t last_gate) const;
  void gates(const GruGatesArgs& args) const;
  void gates_backward(const GruGatesBackwardArgs& args) const;

  Device device_;
  Matrix weight_, bias_;
  GruForm form_;
  int64_t hidden_;
  bool whole_;
  Tensor scratch_;  // (B, 3H), by rank: products of one step
};

}  // namespace grus
