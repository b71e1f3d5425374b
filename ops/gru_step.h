#pragma once
// One step of a GRU on some rows of packed buffers, forward and backward: what a layer's loop and the decoder's loop
// share. Internal to ops; nothing here is recorded.
#include "ops/gru.h"
#include "ops/matmul.h"

namespace grus {

/// y = beta y + a op(w), where w comes again unchanged (its packed form is kept).
void multiply_by_weight(Device device, const Matrix& y, const Matrix& a, const Matrix& weight, MatmulOptions options,
                        double beta);
void multiply_by_weight(Tensor y, const Tensor& a, const Matrix& weight, MatmulOptions options, double beta);
/// y = a op(w) + bias, or without one where it is undefined.
void apply_weight(Tensor y, const Tensor& a, const Matrix& weight, const Tensor& bias);
/// table[ids], not recorded.
Tensor gathered_rows(const Tensor& table, const Tensor& ids);
/// dinput += the sum of rows, for a bias (cols).
void add_sum_of_rows(Grads& dx, int input, const Tensor& rows);
/// dinput[:, first column ...] += a^T b, for a weight (its columns may be a part of the input's).
void add_weight_gradient(Grads& dx, int input, int64_t first_row, int64_t first_column, const Matrix& a,
                         const Matrix& b);

/// Whether the device has the fused gates, and the user wants them.
bool has_fused_gru(Device device);

/// What backward needs of each row; made by forward.
struct GruRows {
  GruRows() = default;
  GruRows(int64_t rows, int64_t hidden, DType dtype, Device device);
  Tensor gates;    // (N, 3H): r, z, n
  Tensor product;  // (N, H): U_n h + b'_n (Reset::after), or r * h (Reset::before)
};

/// Packed buffers of a loop, whole.
struct GruForward {
  Matrix gx, h;              // (N, 3H): the gates' inputs; (N, H): the states that come in
  Matrix gates, product, y;  // written: those of GruRows, and the states that go out (N, H)
};
struct GruBackward {
  Matrix h, gates, product;
  Matrix dy;        // (N, H): what reached y itself, or absent
  Matrix dgx, dgh;  // (N, 3H), written; dgh only for Reset::after
  Matrix dh;        // (B, H), by rank: in, the gradient of y from later steps; out, that of h
};

/// Steps of disjoint ranks may run at once. weight_hh and bias_hh must outlive it.
class GruStep {
 public:
  GruStep(const Tensor& weight_hh, const Tensor& bias_hh, GruForm form, int64_t batch);
  void forward(const GruForward& buffers, recurrence::StepRows rows) const;
  void backward(const GruBackward& buffers, recurrence::StepRows rows) const;
  /// After the loop: gradients of weight_hh and bias_hh from all rows at once. `previous` (N, H): the states that came
  /// in.
  void add_weight_gradients(Grads& dx, int weight_hh, int bias_hh, const Tensor& previous, const GruRows& rows,
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
  Tensor scratch_;  // (B, 3H), by rank: products of one step
};

}  // namespace grus
