#pragma once
// Gradient clipping (Pascanu et al. 2013) acts on the norm of all gradients together, or on each element.
#include "nn/parameter.h"

namespace grus::optim {

enum class NonFinite {
  error,  // an Error names the first parameter whose gradient has a NaN or an infinity
  flag,   // ClipResult::finite is false and scale is 0; nothing is written
};

struct ClipResult {
  double norm;   // the norm of all gradients together, before clipping
  double scale;  // min(1, max_norm / norm)
  bool finite;
};

/// Returns norm = sqrt(sum g^2) over all gradients, which share one device and dtype: f32 or f64 (), NaN or infinite as
/// it may be. optimizer.step(clip_scale(norm, max_norm)) clips without a wait for the device.
Tensor grad_norm(const nn::Parameters& parameters);
/// Returns min(1, max_norm / norm) where the norm is, and 0 for a norm that is not finite; an infinite max_norm is no
/// limit. Throws UsageError unless max_norm is above 0, ShapeError unless the norm is one number.
Tensor clip_scale(const Tensor& norm, double max_norm);
/// Makes the norm NaN, in place, where `loss` or `before` is not finite, and leaves it as it is elsewhere. All are one
/// number of the norm's dtype and device; `before` may be undefined. With the norm of the step before, no step changes
/// anything from the first bad one on.
void taint_norm(Tensor& norm, const Tensor& loss, const Tensor& before = {});
/// Measures the norm and writes nothing; `optimizer.step(result.scale)` then clips in the pass that it makes anyway.
ClipResult clip_scale(const nn::Parameters& parameters, double max_norm, NonFinite non_finite = NonFinite::error);
/// Multiplies the gradients in place by min(1, max_norm / norm). Throws as clip_scale.
ClipResult clip_grad_norm(const nn::Parameters& parameters, double max_norm, NonFinite non_finite = NonFinite::error);
/// Clamps each element of the gradients to [-limit, limit], in place. Throws UsageError unless the limit is above 0.
void clip_grad_value(const nn::Parameters& parameters, double limit);

}  // namespace grus::optim
