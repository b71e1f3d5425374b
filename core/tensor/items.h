#pragma once
#include <vector>

#include "core/tensor/tensor.h"

namespace grus {

/// Returns item() of each scalar. The host waits for the device once where all scalars are on one device and all f32 or
/// all f64, else once a scalar. Throws UsageError for an undefined scalar, ShapeError unless each numel is 1.
std::vector<double> items(const std::vector<Tensor>& scalars);

}  // namespace grus
