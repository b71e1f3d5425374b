#pragma once
// cross_entropy and linear_cross_entropy share these checks and conversions. Internal to ops.
#include "core/tensor/tensor.h"
#include "ops/loss/loss.h"

namespace grus::cross_entropy_parts {

/// Returns the number of targets that count. Throws for a target that is neither a class nor ignored, and for options
/// that do not fit x's dtype, x's device and the number of classes.
int64_t require_targets(const char* op, const Tensor& x, const Tensor& targets, int64_t classes,
                        const CrossEntropyOptions& options);

/// KernelTargets holds targets as kernels take them, i32 (N), and the id that marks a row which counts for nothing.
struct KernelTargets {
  Tensor ids;
  int64_t ignore;
};
KernelTargets kernel_targets(const Tensor& targets, int64_t ignore_index);

/// Returns what a mean divides by: the sum of the class weights of the targets that count, or 1 where that is 0.
Tensor mean_divisor(const Tensor& targets, int64_t ignore_index, const Tensor& weight);

}  // namespace grus::cross_entropy_parts
