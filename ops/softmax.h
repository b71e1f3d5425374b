#pragma once
#include "core/tensor/tensor.h"

namespace grus {

/// y = exp(x) / sum exp(x) along `axis`. Where mask (bool, broadcasts to x) is false y is 0 and its gradient 0; so is a
/// row with no true entry. Saves y. f32 or f64. Throws ShapeError, DtypeError.
Tensor softmax(const Tensor& x, int axis = -1, const Tensor& mask = Tensor());
/// y = x - logsumexp(x). Where mask is false (or the whole row): -inf, and gradient 0. Saves y, mask.
Tensor log_softmax(const Tensor& x, int axis = -1, const Tensor& mask = Tensor());

}  // namespace grus
