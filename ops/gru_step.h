#pragma once
// One step of a GRU on rows [begin, end) of packed buffers, forward and backward: what a layer's loop and the decoder's
// loop share. Internal to ops; nothing here is recorded.
#include "ops/gru.h"
#include "ops/matmul.h"

namespace grus {

/// y = beta y + a op(w), where w comes again unchanged (its packed form is kept).
void multiply_by_weight(Tensor y, const Tensor& a, const Matrix& weight, Form form, double beta);
/// y = a op(w) + c, where c is defined: a bias for every row, or rows as y has.
void apply_weight(Tensor y, const Tensor& a, const Matrix& weight, Form form, const Tensor& c);
/// Columns [begin, begin + count) of a matrix.
Matrix columns_of(Matrix matrix, int64_t begin, int64_t count);
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
  GruRows(int64_t rows, int64_t hidden, const GruForm& form, DType dtype, Device device);
  Tensor gates;    // (N, 3H): r, z, n
  Tensor product;  // (N, H): U_n h + b'_n (Reset::after), or r * h (Reset::before)
};

class GruStep {
 public:
  GruStep(const Tensor& weight_hh, const Tensor& bias_hh, GruForm form, int64_t batch);
  /// y = GRU of gates' inputs gx (rows, 3H) and state h (rows, H); all are the rows of this step.
  void forward(const Tensor& gx, const Tensor& h, GruRows& rows, int64_t begin, int64_t end, Tensor y);
  /// dh (rows, H): in, the gradient of y from later steps; out, that of h. dy: what reached y itself, or undefined.
  /// dgx, dgh (rows, 3H) are written; dgh only for Reset::after.
  void backward(const Tensor& h, const GruRows& rows, int64_t begin, int64_t end, const Tensor& dy, Tensor dgx,
                Tensor dgh, Tensor dh);
  /// After the loop: gradients of weight_hh and bias_hh from all rows at once. `previous` (N, H): the states that came
  /// in.
  void add_weight_gradients(Grads& dx, int weight_hh, int bias_hh, const Tensor& previous, const GruRows& rows,
                            const Tensor& dgx, const Tensor& dgh);

 private:
  Matrix weight_rows(int64_t first_gate, int64_t gates) const;
  Tensor weight_, bias_;
  GruForm form_;
  int64_t hidden_;
  Tensor gh_;         // (B, 3H), of one step
  Tensor d_reset_h_;  // (B, H), made when first needed
};

}  // namespace grus
