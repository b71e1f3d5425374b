#pragma once
// Products of matrices.
#include "core/tensor/tensor.h"

namespace grus {

/// A Form says how a product reads an operand's last two axes. Transposition is never a copy.
enum Form : bool { Plain, Transposed };

/// y = op(a) op(b).   op(a) (..., M, K), op(b) (..., K, N) -> y (..., M, N).   Leading axes broadcast; a vector a is
/// (1, K), a vector b is (K, 1), and that axis is dropped from y (NumPy's matmul). Saves a, b. f32 or f64. Throws
/// ShapeError when K differs or leading axes do not broadcast, DtypeError, DeviceError.
Tensor matmul(const Tensor& a, const Tensor& b, Form form_a = Plain, Form form_b = Plain);

/// y = x weight^T + bias.   x (..., in), weight (out, in), bias (out) or undefined -> y (..., out).   Saves x, weight.
/// Throws ShapeError, DtypeError, DeviceError.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = Tensor());

/// Returns the shape of op(a) op(b), both of two axes or more. Throws ShapeError, naming `op`.
Shape matmul_shape(const char* op, const Shape& a, Form form_a, const Shape& b, Form form_b);

}  // namespace grus
