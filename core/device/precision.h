#pragma once
// What the products of f32 tensors may round their factors to, for all, for a stretch of a thread's work, or for a
// module (ModuleBase::set_precision). A record's backward function runs in the precision of its forward pass.
//
// bf16 on the cpu: faster by AVX-512's instruction for it on AMD's CPUs (Intel's run it slower than f32, so they
// compute in f32 there as on older CPUs), and everywhere when reading weights is what takes the time (few rows):
// packed, they take half the memory. CUDA multiplies on its tensor cores. The other backends compute in f32.
#include "core/device/kernels.h"

namespace grus {

/// Of a product that this thread asks for now: that of the newest PrecisionScope, or what was set for all.
Precision product_precision();
/// For all threads without a PrecisionScope; f32 until it is set.
void set_product_precision(Precision precision);

/// The precision of this thread's products while it lives. Scopes end in the reverse order of their beginning.
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
