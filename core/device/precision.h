#pragma once
// The precision to which products of f32 tensors may round their factors: for all, for a stretch of a thread's work, or
// for a module (ModuleBase::set_precision). A record's backward function runs in the precision of its forward pass.
//
// On the cpu bf16 is faster where AVX-512's instruction for it is quick, which it is on AMD's CPUs (Intel's run it
// slower than f32, so they compute in f32 as older CPUs do), and on every CPU where reading weights is what takes the
// time (few rows): packed, they take half the memory. No CPU multiplies f16 with sums in f32, so f16 is f32's
// arithmetic on rounded factors, at half the memory; gradients in it want a loss scale (optim/loss_scale.h). CUDA
// multiplies both on its tensor cores. The other backends compute in f32.
//
// int8 is for inference, on the cpu alone: a tape that keeps gradients refuses it. Weights take a quarter of the memory
// when packed, and their products the same bits on every instruction set.
#include "core/device/kernels.h"

namespace grus {

/// Precision of a product that this thread asks for now: that of the newest PrecisionScope, or the one set for all.
Precision product_precision();
/// Sets the precision for all threads without a PrecisionScope; it is f32 until then.
void set_product_precision(Precision precision);

/// Sets the precision of this thread's products while it lives. Scopes end in the reverse order of their beginning.
class PrecisionScope {
 public:
  [[nodiscard]] explicit PrecisionScope(Precision precision);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  const int outer_;
};

}  // namespace grus
