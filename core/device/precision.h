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
#include <atomic>
#include <utility>

#include "core/device/kernels.h"

namespace grus {

namespace precision_state {
inline constexpr int unscoped = -1;
inline std::atomic<Precision> for_all{Precision::f32};
inline constinit thread_local int here = unscoped;                     // the precision of this thread's newest scope
inline constinit thread_local Precision activations = Precision::f32;  // that of this thread's newest ActivationScope
}  // namespace precision_state

/// Precision of a product that this thread asks for now: that of the newest PrecisionScope, or the one set for all.
inline Precision product_precision() {
  const int here = precision_state::here;
  return here == precision_state::unscoped ? precision_state::for_all.load(std::memory_order_relaxed)
                                           : static_cast<Precision>(here);
}
/// Sets the precision for all threads without a PrecisionScope; it is f32 until then.
inline void set_product_precision(Precision precision) {
  precision_state::for_all.store(precision, std::memory_order_relaxed);
}

/// Sets the precision of this thread's products while it lives. Scopes end in the reverse order of their beginning.
class PrecisionScope {
 public:
  [[nodiscard]] explicit PrecisionScope(Precision precision)
      : outer_(std::exchange(precision_state::here, static_cast<int>(precision))) {}
  ~PrecisionScope() { precision_state::here = outer_; }
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  const int outer_;
};

/// The precision in which a tape that this thread makes now keeps activations: that of the newest ActivationScope, f32
/// without one.
inline Precision activation_precision() { return precision_state::activations; }

/// While it lives, tapes that this thread makes keep what their records save for backward as f32, bf16 or f16. In 16
/// bits tensors of at least 16 KiB that depend on a parameter, and what fused ops keep between forward and backward,
/// are rounded once when they are saved, and widened while their record is differentiated. Parameters, constants, what
/// an op compares and gradients that it computed ahead stay as they are, as all sums do. A tape then refuses to save
/// f64. Numbers beyond 65504 are infinite in f16. Throws UsageError for int8.
class ActivationScope {
 public:
  [[nodiscard]] explicit ActivationScope(Precision precision);
  ~ActivationScope() { precision_state::activations = outer_; }
  ActivationScope(const ActivationScope&) = delete;
  ActivationScope& operator=(const ActivationScope&) = delete;

 private:
  const Precision outer_;
};

}  // namespace grus
