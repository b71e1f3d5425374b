#pragma once
// Reductions over any axes: none given means all. keepdim leaves them at size 1. All but sum_to are methods as well.
#include "core/base/axes.h"
#include "core/tensor/tensor.h"

namespace grus {

/// Sum over axes; of nothing: 0. f32, f64, i32, i64. Saves nothing. Throws ShapeError for a bad axis.
Tensor sum(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Mean over axes (f32, f64). Throws ShapeError when there is nothing to average.
Tensor mean(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Largest and smallest over axes. Equal winners share the gradient evenly. Saves x, y. Throws ShapeError when there is
/// none.
Tensor amax(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor amin(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Of all elements.
Tensor max(const Tensor& x);
Tensor min(const Tensor& x);

struct [[nodiscard]] Extremum {
  Tensor values, ids;  // ids i64
};
/// Largest (smallest) along one axis, and the place of the first that is. The gradient goes to that place alone, as
/// PyTorch's does. Throws ShapeError when there is none.
Extremum max(const Tensor& x, int axis, bool keepdim = false);
Extremum min(const Tensor& x, int axis, bool keepdim = false);
// max(x, true) and max(x, {}, true) are meant for other arguments.
Extremum max(const Tensor& x, bool, bool = false) = delete;
Extremum min(const Tensor& x, bool, bool = false) = delete;
Extremum max(const Tensor& x, std::initializer_list<int>, bool = false) = delete;  // amax
Extremum min(const Tensor& x, std::initializer_list<int>, bool = false) = delete;
/// log sum exp over axes, by the largest: no overflow; -inf where all are -inf (and gradient 0). Saves x, y.
Tensor logsumexp(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Place of the first largest (smallest), i64; over several axes: in their row-major order. No gradient.
Tensor argmax(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor argmin(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// The sum of x over the axes along which `shape` broadcasts to x's shape: the adjoint of broadcast_to. Throws
/// ShapeError.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace grus
