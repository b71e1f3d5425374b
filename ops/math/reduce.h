#pragma once
// Reductions take any axes; none given means all. keepdim leaves them at size 1. All but sum_to are methods as well.
// Sources: reduce.cpp, prod.cpp, reduce_plan.h.
#include "core/base/axes.h"
#include "core/tensor/tensor.h"

namespace grus {

/// y = sum x over axes; an empty sum is 0. f32, f64, i32, i64. Saves nothing. Throws ShapeError for a bad axis.
Tensor sum(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// y = sum x / count over axes. f32, f64. Throws ShapeError when there is nothing to average.
Tensor mean(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// y = max x, y = min x over axes. Equal winners share the gradient evenly. Saves x, y. Throws ShapeError when there is
/// nothing to compare.
Tensor amax(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor amin(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// y = max x, y = min x over all elements. Equal winners share the gradient evenly. Saves x, y.
Tensor max(const Tensor& x);
Tensor min(const Tensor& x);

struct [[nodiscard]] Extremum {
  Tensor values, ids;  // ids are i64 places along the axis
};
/// Returns the largest (smallest) along one axis, and the place of the first of these. The gradient goes to that place
/// alone, as PyTorch's does. Throws ShapeError when there is nothing to compare.
Extremum max(const Tensor& x, int axis, bool keepdim = false);
Extremum min(const Tensor& x, int axis, bool keepdim = false);
// max(x, true) and max(x, {}, true) are mistakes: true would be an axis, {} axis 0.
Extremum max(const Tensor& x, bool, bool = false) = delete;
Extremum min(const Tensor& x, bool, bool = false) = delete;
Extremum max(const Tensor& x, std::initializer_list<int>, bool = false) = delete;  // amax takes several axes
Extremum min(const Tensor& x, std::initializer_list<int>, bool = false) = delete;
/// y = log sum exp x over axes, computed as m + log sum exp(x - m), m = max x, which does not overflow. Where all are
/// -inf y is -inf, with gradient 0. Saves x, y.
Tensor logsumexp(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Returns the place of the first largest (smallest), i64; over several axes, its place in their row-major order. It
/// has no gradient.
Tensor argmax(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor argmin(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// y = the product of x over axes; an empty product is 1. f32, f64, i32, i64. The gradient is the product of the
/// others, which is right at zeros, too. Saves x. Throws ShapeError for a bad axis.
Tensor prod(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Tell whether any, whether all elements over axes are other than 0 (NaN is), as bool; of none any is false and all
/// true. They take bools, too.
Tensor any(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor all(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// y = the sum of x over the axes along which `shape` broadcasts to x's shape. It is the adjoint of broadcast_to.
/// Throws ShapeError.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace grus
