#pragma once
#include "nn/module.h"

namespace grus::nn {

struct ReversibleNormOptions {
  enum class Center { mean, last };
  Center center = Center::mean;  // what is subtracted: the mean of the steps, or the last step
  bool scale = true;             // false: nothing is divided by the deviation
  bool affine = true;            // whether there are weight and bias
  double eps = 1e-5;
};

/// What a ReversibleNorm took from each example.
struct Normed {
  Tensor x;              // (B, T, C)
  Tensor center, scale;  // (B, 1, C); scale is undefined without scaling
};

/// Reversible instance normalisation (RevIN; Kim et al. 2022) of each column of each example over its time steps:
///   x' = (x - center) / sqrt(variance + eps) * weight + bias,   and inverse() undoes it on a forecast.
/// A level or a spread that drifts from training to use then does no harm.
class ReversibleNorm : public Module<ReversibleNorm> {
 public:
  explicit ReversibleNorm(int64_t columns, ReversibleNormOptions options = {});
  /// Takes x (B, T, C). Throws ShapeError.
  Normed forward(const Tensor& x) const;
  /// y (B, H, C) in the scale of `of` -> in that of its x. Throws ShapeError.
  Tensor inverse(const Tensor& y, const Normed& of) const;

  ReversibleNormOptions options;
  Parameter weight, bias;  // (C), or absent
};

}  // namespace grus::nn
