#pragma once
#include "nn/linear.h"

namespace grus::nn {

/// y[..., j] = max over k of x[..., j * pieces + k].   x (..., F) -> (..., F / pieces).   Throws ShapeError.
Tensor maxout(const Tensor& x, int64_t pieces = 2);

/// y = maxout(linear(x)) (Goodfellow et al. 2013).   x (..., in) -> (..., out).   Parameters are "linear.weight"
/// (out * pieces, in) and "linear.bias" (out * pieces).
class Maxout : public Module<Maxout> {
 public:
  Maxout(int64_t in, int64_t out, int64_t pieces = 2, Rng& rng = default_rng());
  Tensor forward(const Tensor& x) const { return maxout(linear(x), pieces); }

  int64_t pieces;
  Linear linear;
};

}  // namespace grus::nn
