#pragma once
#include "nn/module.h"

namespace grus::nn {

struct LinearOptions {
  bool bias = true;
};

/// y = x weight^T + bias.   x (..., in) -> y (..., out).   Parameters start from U(-1/sqrt(in), 1/sqrt(in)), as
/// PyTorch's.
class Linear : public Module<Linear> {
 public:
  Linear(int64_t in, int64_t out, Rng& rng = default_rng(), LinearOptions options = {});
  Tensor forward(const Tensor& x) const;

  Parameter weight;  // (out, in)
  Parameter bias;    // (out), or absent
};

}  // namespace grus::nn
