#pragma once
// Sums, products and linear recurrences along an axis, each from the last one. cumsum and cumprod are methods as well.
// Sources: cumulative.cpp, cumulative_parts.h.
#include "core/tensor/tensor.h"

namespace grus {

/// y_i = x_0 + ... + x_i along `axis`. f32, f64, i32, i64; f32 is added up in f64 on the cpu. Throws ShapeError for a
/// bad axis, DtypeError for a bool.
Tensor cumsum(const Tensor& x, int axis);
/// y_i = x_0 ... x_i along `axis`. The gradient is right at zeros, too: it is a linear recurrence, without a quotient.
/// Saves x, y. Throws as cumsum does.
Tensor cumprod(const Tensor& x, int axis);

/// y_i = a_i y_{i-1} + b_i along `axis`, y_0 = b_0 (a_0 is not read); backwards y_i = a_i y_{i+1} + b_i, and the last
/// is its b.   a and b of one shape.   Its gradient is such a recurrence the other way. Saves a, y. f32, f64, i32, i64.
/// Throws ShapeError, DtypeError, DeviceError.
Tensor linear_recurrence(const Tensor& a, const Tensor& b, int axis, bool backwards = false);

}  // namespace grus
