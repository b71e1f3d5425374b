#include "nn/norm.h"

#include "nn/init.h"
#include "ops/math/elementwise.h"
#include "ops/math/norm.h"

namespace grus::nn {

RmsNorm::RmsNorm(int64_t width, RmsNormOptions options) : eps(options.eps) {
  require<UsageError>(width > 0, "[RmsNorm] need a width of at least 1, got {}", width);
  weight = param("weight", init::ones({width}));
}

Tensor RmsNorm::forward(const Tensor& x) const { return rms_norm(x, weight, eps); }

GroupNorm::GroupNorm(int64_t given, int64_t channels, GroupNormOptions options) : groups(given), eps(options.eps) {
  require<UsageError>(groups > 0 && channels > 0 && channels % groups == 0,
                      "[GroupNorm] need groups that divide the channels, got {} of {}", groups, channels);
  if (!options.affine) return;
  weight = param("weight", init::ones({channels}));
  bias = param("bias", init::zeros({channels}));
}

Tensor GroupNorm::forward(const Tensor& x) const { return group_norm(x, groups, weight, bias, eps); }

BatchNorm::BatchNorm(int64_t channels, BatchNormOptions given)
    : options(given),
      running_mean(buffer("running_mean", Tensor::zeros({channels}))),
      running_var(buffer("running_var", Tensor::ones({channels}))),
      num_batches_tracked(buffer("num_batches_tracked", Tensor::zeros({}, DType::i64))) {
  require<UsageError>(channels > 0, "[BatchNorm] need channels of at least 1, got {}", channels);
  require<UsageError>(!options.momentum || (*options.momentum >= 0 && *options.momentum <= 1),
                      "[BatchNorm] need a momentum in [0, 1], got {}", options.momentum.value_or(0));
  if (!options.affine) return;
  weight = param("weight", init::ones({channels}));
  bias = param("bias", init::zeros({channels}));
}

void BatchNorm::track(const Tensor& mean, const Tensor& variance, int64_t count) const {
  num_batches_tracked.replace(num_batches_tracked.value() + 1.0);
  // Only a plain mean needs to know how many batches there were.
  const double share =
      options.momentum ? *options.momentum : 1 / static_cast<double>(num_batches_tracked.value().item<int64_t>());
  const double unbiased = static_cast<double>(count) / static_cast<double>(count - 1);
  running_mean.replace(running_mean.value() * (1 - share) + mean.detach() * share);
  running_var.replace(running_var.value() * (1 - share) + variance.detach() * (share * unbiased));
}

Tensor BatchNorm::forward(const Tensor& x) const {
  const int64_t channels = running_mean.value().dim(0);
  require_float("BatchNorm", x);
  require(x.rank() >= 2 && x.dim(1) == channels, "[BatchNorm] need x (B, {}, ...) or (N, {}), got {}", channels,
          channels, x.shape());
  if (!is_training()) return batch_norm(x, running_mean, running_var, weight, bias, options.eps);
  const BatchMoments moments = batch_moments(x);
  require(moments.count > 1, "[BatchNorm] need more than one value a channel in training, got {}", x.shape());
  track(moments.mean, moments.variance, moments.count);
  return batch_norm(x, moments.mean, moments.variance, weight, bias, options.eps);
}

}  // namespace grus::nn
