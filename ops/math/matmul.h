#pragma once
// Products of matrices.
#include "core/tensor/tensor.h"
#include "ops/base/matmul_options.h"

namespace grus {

/// y = op(a) op(b): matmul(q, k, {.transpose_b = true}) is q k^T.   op(a) (..., M, K), op(b) (..., K, N) -> y (..., M,
/// N).   Leading axes broadcast; a vector a is (1, K), a vector b is (K, 1), and that axis is dropped from y (NumPy's
/// matmul). Saves a, b. f32 or f64. Throws ShapeError when K differs or leading axes do not broadcast, DtypeError,
/// DeviceError.
Tensor matmul(const Tensor& a, const Tensor& b, MatmulOptions options = {});

/// y = x weight^T + bias.   x (..., in), weight (out, in), bias (out) or undefined -> y (..., out).   Saves x, weight.
/// Throws ShapeError, DtypeError, DeviceError.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = Tensor());

/// Returns the shape of op(a) op(b), both of two axes or more. Throws ShapeError, naming `op`.
Shape matmul_shape(const char* op, const Shape& a, const Shape& b, MatmulOptions options);

}  // namespace grus
