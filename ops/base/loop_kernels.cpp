#include "ops/base/loop_kernels.h"

#include "core/tensor/raw.h"
#include "ops/base/launch.h"

namespace grus {

void multiply_by_weight(Device device, const Matrix& y, const Matrix& a, const Matrix& weight, MatmulOptions options,
                        double beta) {
  launch::gemm(device, y, a, weight, options, beta, 1, 1, true);
}

void multiply_by_weight(Tensor y, const Tensor& a, const Matrix& weight, MatmulOptions options, double beta) {
  multiply_by_weight(y.device(), Raw::write_matrix(y), Raw::matrix(a), weight, options, beta);
}

void apply_weight(Tensor y, const Tensor& a, const Matrix& weight, const Tensor& bias) {
  launch::affine(y.device(), Raw::write_matrix(y), Raw::matrix(a), weight, {.transpose_b = true},
                 launch::repeated(bias), true);
}

Tensor gathered_rows(const Tensor& table, const Tensor& ids) {
  Tensor y = Tensor::empty({ids.numel(), table.dim(1)}, table.dtype(), table.device());
  const Device device = y.device();
  device.check(
      device.kernels().gather_rows(device.context(), Raw::write_matrix(y), Raw::matrix(table), launch::column(ids)),
      "gather_rows");
  return y;
}

void add_sum_of_rows(Input input, const Tensor& rows) {
  if (!input.wanted()) return;
  Grads::Target target = input.target();
  launch::reduce(ReduceOp::sum, target.tensor, rows, target.accumulate);
}

void add_weight_gradient(Input input, int64_t first_row, int64_t first_column, const Matrix& a, const Matrix& b) {
  if (!input.wanted()) return;
  // The product is added to a part of the weight, so the whole must be defined before.
  Tensor& whole = input.zeroed_target();
  Matrix part = launch::columns_of(Raw::write_matrix(whole), first_column, first_column + b.cols);
  part.offset += first_row * part.row_stride;
  part.rows = a.cols;
  launch::gemm(whole.device(), part, a, b, {.transpose_a = true}, 1);
}

}  // namespace grus
