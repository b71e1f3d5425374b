#pragma once
// What cross_entropy and linear_cross_entropy share. Internal to ops.
#include "core/tensor/tensor.h"
#include "ops/loss.h"

namespace grus::cross_entropy_parts {

/// The number of targets that count. Throws for a target that is neither a class nor ignored, and for options that do
/// not fit `classes` of x's kind.
int64_t require_targets(const char* op, const Tensor& x, const Tensor& targets, int64_t classes,
                        const CrossEntropyOptions& options);

/// Targets (N) as kernels take them, i32, and the one that stands for a row that counts for nothing.
struct KernelTargets {
  Tensor ids;
  int64_t ignore;
};
KernelTargets kernel_targets(const Tensor& targets, int64_t ignore_index);

/// What a mean divides by: the sum of the class weights of targets that count, or 1 where none does.
Tensor mean_divisor(const Tensor& targets, int64_t ignore_index, const Tensor& weight);

}  // namespace grus::cross_entropy_parts
