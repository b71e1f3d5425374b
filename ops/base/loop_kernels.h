#pragma once
// The loops of fused ops share these products by a weight, gathers, and sums into gradients. Internal to ops; nothing
// here is recorded.
#include "core/record/record.h"
#include "ops/base/matmul_options.h"

namespace grus {

/// y = beta y + a op(weight). The weight comes again unchanged, so a backend may keep its packed form.
void multiply_by_weight(Device device, const Matrix& y, const Matrix& a, const Matrix& weight, MatmulOptions options,
                        double beta);
void multiply_by_weight(Tensor y, const Tensor& a, const Matrix& weight, MatmulOptions options, double beta);
/// y = a op(weight) + bias, where an undefined bias is zero.
void apply_weight(Tensor y, const Tensor& a, const Matrix& weight, const Tensor& bias);
/// y[i] = table[ids[i]], not recorded.
Tensor gathered_rows(const Tensor& table, const Tensor& ids);
/// dinput += sum_n rows[n], the gradient of a bias.
void add_sum_of_rows(Input input, const Tensor& rows);
/// dinput += a^T b in the block of a weight that begins at (first_row, first_column).
void add_weight_gradient(Input input, int64_t first_row, int64_t first_column, const Matrix& a, const Matrix& b);

}  // namespace grus
