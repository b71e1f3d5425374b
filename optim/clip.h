#pragma once
// Gradient clipping (Pascanu et al. 2013).
#include "nn/parameter.h"

namespace grus::optim {

enum class NonFinite {
  error,  // throws an Error that names the first parameter whose gradient has a NaN or an infinity
  flag,   // ClipResult::finite says so, and scale is 0; nothing is written
};

struct ClipResult {
  double norm;   // of all gradients together, before clipping
  double scale;  // min(1, max_norm / norm)
  bool finite;
};

/// The norm of all gradients together, which stay on their one device: f32 or f64, shape (), NaN or infinite as they
/// are. optimizer.step(clip_scale(norm, max_norm)) clips without a wait for the device.
Tensor grad_norm(const nn::Parameters& parameters);
/// min(1, max_norm / norm) where the norm is, 0 for one that is not finite. max_norm may be infinite: no limit. Throws
/// UsageError unless it is above 0, ShapeError unless the norm is one number.
Tensor clip_scale(const Tensor& norm, double max_norm);
/// Measures only; `optimizer.step(result.scale)` then clips in the pass it makes anyway.
ClipResult clip_scale(const nn::Parameters& parameters, double max_norm, NonFinite non_finite = NonFinite::error);
/// Scales the gradients in place.
ClipResult clip_grad_norm(const nn::Parameters& parameters, double max_norm, NonFinite non_finite = NonFinite::error);
/// Each gradient element into [-limit, limit], in place.
void clip_grad_value(const nn::Parameters& parameters, double limit);

}  // namespace grus::optim
