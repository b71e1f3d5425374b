#pragma once
// Weights in other coordinates. A layer of one's own calls the module for its weight:
//   linear(x, weight(), bias)      weight(child("weight", nn::WeightNorm(init::uniform_fan_in({out, in}, rng))))
#include "nn/module.h"

namespace grus::nn {

/// weight = magnitude * direction / ||direction||, the norm of each output (Salimans and Kingma 2016); begins at the
/// weight that it is given. Its parameters are PyTorch's original0 and original1.
class WeightNorm : public Module<WeightNorm> {
 public:
  explicit WeightNorm(const Tensor& weight);
  Tensor forward() const;
  Parameter original0, original1;  // magnitude (O, 1, ...), direction (O, ...)
};

struct SpectralNormOptions {
  int64_t iterations = 1;  // of the power method, in each call in training
  double eps = 1e-12;
};
/// weight = original / sigma, sigma the largest singular value of original as a matrix (O, the rest), estimated by the
/// power method (Miyato et al. 2018); the gradient goes through sigma with u and v fixed.
class SpectralNorm : public Module<SpectralNorm> {
 public:
  explicit SpectralNorm(const Tensor& weight, SpectralNormOptions options = {}, Rng& rng = default_rng());
  Tensor forward() const;
  SpectralNormOptions options;
  Parameter original;
  mutable Buffer u, v;  // (O), (the rest): the singular vectors as far as they are known

 private:
  void iterate(int64_t times) const;
};

}  // namespace grus::nn
