#pragma once
// Kernel calls on tensors are one line each by this layer under the ops. Nothing here is recorded, and shapes are not
// checked: the ops do that.
#include "core/tensor/tensor.h"
#include "ops/base/matmul_options.h"

namespace grus::launch {

Tensor unary(UnaryOp op, const Tensor& x, const char* name);
/// y has the broadcast shape of a and b.
Tensor binary(BinaryOp op, const Tensor& a, const Tensor& b, const Shape& shape, const char* name);
Tensor compare(CompareOp op, const Tensor& a, const Tensor& b, const Shape& shape, const char* name);

/// Returns a number as a tensor () of the dtype and on the device of `like`. Throws, naming op, where `like` is
/// undefined or its dtype does not hold the number.
Tensor scalar(const char* op, double value, const Tensor& like);
void fill(Tensor& y, double value);
/// y = x, or y += x; x broadcasts to y's shape, and is cast to its dtype.
void copy(Tensor& y, const Tensor& x, bool accumulate = false);
/// y = x broadcast to `shape`, in memory of its own.
Tensor expanded(const Tensor& x, const Shape& shape);
/// y = a copy of x as `dtype`.
Tensor converted(const Tensor& x, DType dtype);

/// Reduces x to y. Axes along which x is reduced have size 1 in y's shape; leading ones may be absent.
void reduce(ReduceOp op, Tensor& y, const Tensor& x, bool accumulate = false);
Tensor reduced(ReduceOp op, const Tensor& x, const Shape& shape);

/// y = alpha op(a) op(b) + beta y on matrices, or on `batch` of them by their batch strides.
void gemm(Device device, const Matrix& y, const Matrix& a, const Matrix& b, MatmulOptions options, double beta = 0,
          double alpha = 1, int64_t batch = 1, bool b_is_weight = false);
/// y = a op(b) + c. c has the rows of y, or one row for all (row_stride 0), or is absent. `b_is_weight` says that b
/// comes again unchanged.
void affine(Device device, const Matrix& y, const Matrix& a, const Matrix& b, MatmulOptions options, const Matrix& c,
            bool b_is_weight);
/// y = op(a) op(b) + beta y on tensors, all of them matrices or all batches (batch, M, K). A leaf b is declared a
/// weight.
void gemm(Tensor& y, const Tensor& a, const Tensor& b, MatmulOptions options, double beta = 0);

/// Returns a copy of x with its axes in another order (a permutation of [0, rank)).
Tensor permuted(const Tensor& x, std::span<const int> order);

/// Return rows [begin, end), or columns, of a matrix; an absent matrix stays absent.
Matrix rows_of(Matrix matrix, int64_t begin, int64_t end);
Matrix columns_of(Matrix matrix, int64_t begin, int64_t end);
/// Returns x as a matrix (Raw::matrix); absent where x is undefined.
Matrix matrix_of(const Tensor& x);
/// Returns a matrix whose every row is the vector (row_stride 0); absent where the vector is undefined.
Matrix repeated(const Tensor& vector);
/// Set y = x, and y = value.
void copy(Device device, const Matrix& y, const Matrix& x);
void fill(Device device, const Matrix& y, double value);

/// Return x as one column (numel, 1): ids, targets, losses.
Matrix column(const Tensor& x);
Matrix write_column(Tensor& x);

}  // namespace grus::launch
