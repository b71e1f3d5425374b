#pragma once
// Dropout modules draw from default_rng() in training, and are the identity in evaluation.
#include "core/tensor/lengths.h"
#include "nn/module.h"

namespace grus::nn {

/// y = x * mask, mask 0 with probability p, else 1 / (1 - p) (Srivastava et al. 2014). x has any shape.
class Dropout : public Module<Dropout> {
 public:
  explicit Dropout(double p);
  Tensor forward(const Tensor& x) const;
  /// Takes packed rows (N, F). They draw what their places of the padded x (T, B, F) would.
  Tensor forward(const Tensor& x, const Lengths& lengths) const;
  double p;
};

/// y = x * mask, one mask for all time steps of a sequence (Gal and Ghahramani 2016).
class LockedDropout : public Module<LockedDropout> {
 public:
  explicit LockedDropout(double p);
  /// Takes x (T, B, F).
  Tensor forward(const Tensor& x) const;
  /// Takes packed rows (N, F). Each sequence keeps its mask.
  Tensor forward(const Tensor& x, const Lengths& lengths) const;
  double p;
};

}  // namespace grus::nn
