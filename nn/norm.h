#pragma once
// Norms besides LayerNorm, with PyTorch's parameters and buffers.
#include <optional>

#include "nn/module.h"

namespace grus::nn {

struct RmsNormOptions {
  double eps = 1e-6;
};
/// y = x / sqrt(mean(x^2) + eps) * weight over the last axis, of size `width` (Zhang and Sennrich 2019).
class RmsNorm : public Module<RmsNorm> {
 public:
  explicit RmsNorm(int64_t width, RmsNormOptions options = {});
  Tensor forward(const Tensor& x) const;
  double eps;
  Parameter weight;  // (width)
};

struct GroupNormOptions {
  double eps = 1e-5;
  bool affine = true;  // whether there are weight and bias
};
/// Norms each of `groups` groups of channels of x (B, C, ...) (Wu and He 2018).
class GroupNorm : public Module<GroupNorm> {
 public:
  GroupNorm(int64_t groups, int64_t channels, GroupNormOptions options = {});
  Tensor forward(const Tensor& x) const;
  int64_t groups;
  double eps;
  Parameter weight, bias;  // (C), or absent
};

struct BatchNormOptions {
  double eps = 1e-5;
  std::optional<double> momentum = 0.1;  // of the running estimates; none: their plain mean over all batches
  bool affine = true;
};
/// Norms each channel of x (B, C, ...), or column of rows (N, C) (Ioffe and Szegedy 2015): in training by the moments
/// of the batch, which go into the running estimates, in evaluation by these. It is BatchNorm1d and BatchNorm2d of
/// PyTorch; time-major or packed sequences come as rows. Throws ShapeError for a batch of one value a channel in
/// training.
class BatchNorm : public Module<BatchNorm> {
 public:
  explicit BatchNorm(int64_t channels, BatchNormOptions options = {});
  Tensor forward(const Tensor& x) const;
  BatchNormOptions options;
  Parameter weight, bias;  // (C), or absent
  mutable Buffer running_mean, running_var, num_batches_tracked;

 private:
  void track(const Tensor& mean, const Tensor& variance, int64_t count) const;
};

}  // namespace grus::nn
