#pragma once
// Order along an axis. All are methods as well.
#include "core/tensor/tensor.h"

namespace grus {

struct [[nodiscard]] Sorted {
  Tensor values, ids;  // ids are i64 places along the axis
};
/// y = x in order along `axis`, smallest first, or largest first. Equal values keep their order both ways (PyTorch's
/// stable = True); NaN counts as the largest. The gradient goes back to where each value came from. f32, f64, i32, i64.
/// Throws ShapeError for a bad axis, DtypeError for a bool.
Sorted sort(const Tensor& x, int axis = -1, bool descending = false);
/// Returns the ids of sort alone.
Tensor argsort(const Tensor& x, int axis = -1, bool descending = false);

}  // namespace grus
