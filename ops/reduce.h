#pragma once
// Reductions over any axes: none given means all. keepdim leaves them at size 1.
#include "core/tensor/tensor.h"
#include "ops/axes.h"

namespace grus {

/// Sum over axes; of nothing: 0. f32, f64, i32, i64. Saves nothing. Throws ShapeError for a bad axis.
Tensor sum(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Mean over axes (f32, f64). Throws ShapeError when there is nothing to average.
Tensor mean(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Largest and smallest over axes. Equal winners share the gradient evenly. Saves x, y. Throws ShapeError when there is
/// none.
Tensor max(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor min(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// log sum exp over axes, by the largest: no overflow; -inf where all are -inf (and gradient 0). Saves x, y.
Tensor logsumexp(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Place of the first largest (smallest), i64; over several axes: in their row-major order. No gradient.
Tensor argmax(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor argmin(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// The sum of x over the axes along which `shape` broadcasts to x's shape: the adjoint of broadcast_to. Throws
/// ShapeError.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace grus
