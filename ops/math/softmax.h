#pragma once
#include "core/tensor/tensor.h"

namespace grus {

/// y = exp(x) / sum exp(x) along `axis`. Where mask (bool, broadcasts to x) is false y and its gradient are 0, also in
/// a row with no true entry. Saves y. f32 or f64. Throws ShapeError, DtypeError.
Tensor softmax(const Tensor& x, int axis = -1, const Tensor& mask = Tensor());
/// y = x - logsumexp(x) along `axis`. Where mask (bool, broadcasts to x) is false y is -inf and its gradient 0, also in
/// a row with no true entry. Saves y, mask. f32 or f64. Throws ShapeError, DtypeError.
Tensor log_softmax(const Tensor& x, int axis = -1, const Tensor& mask = Tensor());

}  // namespace grus
