#pragma once
// What records save for backward can be kept in 16 bits, as an ActivationScope asks for (core/device/precision.h).
#include "core/tensor/tensor.h"

namespace grus {

/// Tells whether a record that may round x gains by it: x is f32, no parameter, and its memory has at least 16 KiB.
bool is_worth_narrowing(const Tensor& x);
/// Returns f32 x rounded to `dtype`, bf16 or f16, under x's node. The whole memory of x is rounded once, however many
/// records save parts of it; the rounded one lives as long as x's memory or somebody holds it.
Tensor narrowed(const Tensor& x, DType dtype);
/// Returns what narrowed() gave as a rule reads it: f32 in memory of its own, under the same node.
Tensor widened(const Tensor& saved);

}  // namespace grus
