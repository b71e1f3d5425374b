#pragma once
// Ops whose results depend on where a mask holds, and values put at ids. All are methods as well. The host waits for
// the device.
#include <span>

#include "core/tensor/tensor.h"

namespace grus {

/// Returns the places of all elements other than 0 (NaN is), in row-major order: (K, rank) i64. x holds numbers or
/// bools.
Tensor nonzero(const Tensor& x);
/// y (K) = the elements of x where mask (bool) holds, in row-major order; both broadcast. The gradient goes back to
/// them. Throws DtypeError, ShapeError, DeviceError.
Tensor masked_select(const Tensor& x, const Tensor& mask);

/// y = x, then y[ids[0][n], ids[1][n], ...] = values[n], or += with accumulate, over the leading axes: ids (i32 or i64)
/// broadcast together to a shape S, values to S + the axes of x that no ids name. Of several values for one place the
/// last stays, and the others get no gradient. Throws UsageError for an id out of range, ShapeError, DtypeError.
Tensor index_put(const Tensor& x, std::span<const Tensor> ids, const Tensor& values, bool accumulate = false);
Tensor index_put(const Tensor& x, std::initializer_list<Tensor> ids, const Tensor& values, bool accumulate = false);

}  // namespace grus
