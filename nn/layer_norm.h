#pragma once
#include "nn/module.h"

namespace grus::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool bias = true;
};

/// y = (x - mean) / sqrt(variance + eps) * weight + bias over the last axis, of size `width` (Ba et al. 2016).
class LayerNorm : public Module<LayerNorm> {
 public:
  explicit LayerNorm(int64_t width, LayerNormOptions options = {});
  Tensor forward(const Tensor& x) const;

  double eps;
  Parameter weight, bias;  // (width)
};

}  // namespace grus::nn
