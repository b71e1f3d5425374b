#pragma once
#include "core/tensor/tensor.h"

namespace grus {

/// y = (x - mean) / sqrt(variance + eps) * weight + bias over the last axis (Ba et al. 2016).   x (..., F), weight and
/// bias (F) or undefined.   The variance divides by F. Throws ShapeError, DtypeError.
Tensor layer_norm(const Tensor& x, const Tensor& weight = Tensor(), const Tensor& bias = Tensor(), double eps = 1e-5);

}  // namespace grus
