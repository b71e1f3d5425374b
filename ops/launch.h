#pragma once
// Kernel calls on tensors, one line each: the layer under the ops. Nothing here is recorded, and shapes are not
// checked: the ops do that.
#include "core/tensor/tensor.h"
#include "ops/matmul.h"

namespace grus::launch {

Tensor unary(UnaryOp op, const Tensor& x, const char* name);
/// y has the broadcast shape of a and b.
Tensor binary(BinaryOp op, const Tensor& a, const Tensor& b, const Shape& shape, const char* name);
Tensor compare(CompareOp op, const Tensor& a, const Tensor& b, const Shape& shape, const char* name);

/// A number as a tensor () of the kind of `like`. Throws, naming op, where that is undefined or does not hold it.
Tensor scalar(const char* op, double value, const Tensor& like);
void fill(Tensor& y, double value);
/// y = x, or y += x; x broadcasts to y's shape, and is cast to its dtype.
void copy(Tensor& y, const Tensor& x, bool accumulate = false);
/// x with every axis materialised to `shape`.
Tensor expanded(const Tensor& x, const Shape& shape);
/// y = a copy of x as `dtype`.
Tensor converted(const Tensor& x, DType dtype);

/// Reduces x to y, whose shape has size 1 (or lacks leading axes) where x is reduced.
void reduce(ReduceOp op, Tensor& y, const Tensor& x, bool accumulate = false);
Tensor reduced(ReduceOp op, const Tensor& x, const Shape& shape);

/// y = alpha op(a) op(b) + beta y on matrices, or on `batch` of them by their batch strides.
void gemm(Device device, const Matrix& y, const Matrix& a, const Matrix& b, MatmulOptions options, double beta = 0,
          double alpha = 1, int64_t batch = 1, bool b_is_weight = false);
/// y = a op(b) + c, where c is there: rows as y has, or one row for all (row_stride 0). `b_is_weight`: b comes again
/// unchanged.
void affine(Device device, const Matrix& y, const Matrix& a, const Matrix& b, MatmulOptions options, const Matrix& c,
            bool b_is_weight);
/// The same for tensors (M, K), or (batch, M, K) all three. A leaf b is declared a weight.
void gemm(Tensor& y, const Tensor& a, const Tensor& b, MatmulOptions options, double beta = 0);

/// A copy of x's axes in another order (a permutation of [0, rank)).
Tensor permuted(const Tensor& x, std::span<const int> order);

/// Rows [begin, end), or columns, of a matrix; one that is absent stays so.
Matrix rows_of(Matrix matrix, int64_t begin, int64_t end);
Matrix columns_of(Matrix matrix, int64_t begin, int64_t end);
/// x as rows; absent where it is undefined.
Matrix matrix_of(const Tensor& x);
/// A vector as the row of every row of a matrix; absent where it is undefined.
Matrix repeated(const Tensor& vector);
/// y = x, and y = value.
void copy(Device device, const Matrix& y, const Matrix& x);
void fill(Device device, const Matrix& y, double value);

/// x as one column (numel, 1): ids, targets, losses.
Matrix column(const Tensor& x);
Matrix write_column(Tensor& x);

}  // namespace grus::launch
