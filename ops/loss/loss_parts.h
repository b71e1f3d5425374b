#pragma once
// What losses share. Internal to ops.
#include "core/tensor/tensor.h"
#include "ops/loss/loss.h"

namespace grus::loss_parts {

/// Throws unless both are floats of one dtype, device and shape.
void require_sides(const char* op, const Tensor& prediction, const Tensor& target);
/// Throws ShapeError, naming op, for the mean of nothing.
Tensor reduced(const char* op, const Tensor& losses, Reduction reduction);

}  // namespace grus::loss_parts
