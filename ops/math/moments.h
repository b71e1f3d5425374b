#pragma once
// Variances and norms over any axes; none given means all. keepdim leaves them at size 1. All are methods as well.
#include "core/base/axes.h"
#include "core/tensor/tensor.h"

namespace grus {

/// y = sum (x - mean)^2 / (n - correction) over axes, of n elements each: correction 1 (Bessel's) estimates the
/// variance of what x was drawn from, 0 is that of x itself. Saves x. f32, f64. Throws ShapeError unless n >
/// correction, UsageError for a correction below 0.
Tensor var(const Tensor& x, const Axes& axes = {}, double correction = 1, bool keepdim = false);
/// y = sqrt(var(x)), PyTorch's std. Where it is 0 the gradient is 0. Saves x, y. Throws as var does.
Tensor stddev(const Tensor& x, const Axes& axes = {}, double correction = 1, bool keepdim = false);

/// y = sqrt(sum x^2) over axes for p = 2, sum |x| for p = 1, max |x| for p = infinity. At 0 the gradient is 0; equal
/// maxima share it evenly. f32, f64. Throws UsageError for another p, ShapeError for a maximum of nothing.
Tensor norm(const Tensor& x, double p = 2, const Axes& axes = {}, bool keepdim = false);

}  // namespace grus
