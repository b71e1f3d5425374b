#pragma once
// Dropout modules: the identity in eval mode; in training they draw from default_rng().
#include "core/tensor/lengths.h"
#include "nn/module.h"

namespace grus::nn {

/// Each element is 0 with probability p, else scaled by 1 / (1 - p) (Srivastava et al. 2014). x of any shape.
class Dropout : public Module<Dropout> {
 public:
  explicit Dropout(double p);
  Tensor forward(const Tensor& x) const;
  /// Packed rows (N, F): they draw what the same places of the padded (T, B, F) would.
  Tensor forward(const Tensor& x, const Lengths& lengths) const;
  double p;
};

/// One mask for all time steps (Gal and Ghahramani 2016).
class LockedDropout : public Module<LockedDropout> {
 public:
  explicit LockedDropout(double p);
  /// x (T, B, F).
  Tensor forward(const Tensor& x) const;
  /// Packed rows (N, F): each sequence keeps its mask.
  Tensor forward(const Tensor& x, const Lengths& lengths) const;
  double p;
};

}  // namespace grus::nn
