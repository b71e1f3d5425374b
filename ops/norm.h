#pragma once
#include "core/tensor/tensor.h"

namespace grus {

/// y = (x - mean) / sqrt(variance + eps) * weight + bias over the last axis.   x (..., F), weight and bias (F) or
/// undefined. The variance divides by F. Ba et al. 2016. Throws ShapeError, DtypeError.
Tensor layer_norm(const Tensor& x, const Tensor& weight = Tensor(), const Tensor& bias = Tensor(), double eps = 1e-5);

}  // namespace grus
