#pragma once
// Parts of matrices on one side of a diagonal. All are methods as well.
#include "core/tensor/tensor.h"

namespace grus {

/// y[..., i, j] = x[..., i, j] where j - i >= diagonal (triu), or <= diagonal (tril), else 0.   x (..., M, N).   Any
/// dtype. Throws ShapeError for fewer than two axes.
Tensor triu(const Tensor& x, int64_t diagonal = 0);
Tensor tril(const Tensor& x, int64_t diagonal = 0);

/// y[..., k] = the entries of x at (k, k + offset) of two axes, or at (k - offset, k) where it is below 0; the diagonal
/// is the last axis. Throws ShapeError for one axis twice, UsageError for an offset outside the matrix.
Tensor diagonal(const Tensor& x, int64_t offset = 0, int axis_a = 0, int axis_b = 1);

}  // namespace grus
