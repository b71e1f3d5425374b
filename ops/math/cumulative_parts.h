#pragma once
// What gradients of sums and products along an axis are made of. Internal to ops.
#include "core/tensor/tensor.h"

namespace grus {

/// The sum, or the product, of all entries up to each one, or from each one on.
Tensor cumulative_sum(const Tensor& x, int axis, bool backwards);
Tensor cumulative_product(const Tensor& x, int axis, bool backwards);
/// y_i = x_{i-by} along `axis`, by 1 or -1; `value` where there is none.
Tensor shifted(const Tensor& x, int axis, int by, double value);

}  // namespace grus
