#include "core/base/error.h"
#include "ops/math/elementwise.h"
#include "ops/math/norm.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

Tensor with_parameters(Tensor y, const Tensor& weight, const Tensor& bias) {
  if (weight.defined()) y = y * weight;
  return bias.defined() ? y + bias : y;
}

void require_channels(const char* op, const Tensor& x, std::initializer_list<const Tensor*> parameters) {
  require_float(op, x);
  require(x.rank() >= 2, "[{}] need x (B, C, ...), got {}", op, x.shape());
  for (const Tensor* parameter : parameters) {
    if (!parameter->defined()) continue;
    require_same_kind(op, x, *parameter);
    require(parameter->shape() == Shape{x.dim(1)}, "[{}] need parameters ({}) beside x {}, got {}", op, x.dim(1),
            x.shape(), parameter->shape());
  }
}

/// Returns a parameter (C) as (C, 1, ...), which broadcasts to x (B, C, ...).
Tensor by_channel(const Tensor& parameter, const Tensor& x) {
  if (!parameter.defined()) return parameter;
  Shape shape{x.dim(1)};
  for (int axis = 2; axis < x.rank(); ++axis) shape.push_back(1);
  return parameter.reshape(shape);
}

}  // namespace

Tensor layer_norm_composed(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  const Tensor centred = x - mean(x, -1, true);
  const Tensor variance = mean(square(centred), -1, true);
  return with_parameters(centred / sqrt(variance + eps), weight, bias);
}

Tensor rms_norm_composed(const Tensor& x, const Tensor& weight, double eps) {
  return with_parameters(x / sqrt(mean(square(x), -1, true) + eps), weight, {});
}

Tensor group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps) {
  require_channels("group_norm", x, {&weight, &bias});
  require(groups > 0 && x.dim(1) > 0 && x.dim(1) % groups == 0,
          "[group_norm] need groups that divide the channels of x {}, got {}", x.shape(), groups);
  const int64_t batch = x.dim(0), size = x.shape().without(0).numel() / groups;
  if (x.numel() == 0) return x;
  const Tensor normed = layer_norm(x.reshape({batch * groups, size}), {}, {}, eps).reshape(x.shape());
  return with_parameters(normed, by_channel(weight, x), by_channel(bias, x));
}

BatchMoments batch_moments(const Tensor& x) {
  require_channels("batch_moments", x, {});
  const int64_t count = x.shape().without(1).numel();
  require(count > 0, "[batch_moments] need values, got x {}", x.shape());
  const Tensor channels =
      permute(x.reshape({x.dim(0), x.dim(1), count / x.dim(0)}), {1, 0, 2}).reshape({x.dim(1), count});
  const Tensor middle = mean(channels, -1);
  return {middle, mean(square(channels - unsqueeze(middle, 1)), -1), count};
}

Tensor batch_norm(const Tensor& x, const Tensor& mean, const Tensor& variance, const Tensor& weight, const Tensor& bias,
                  double eps) {
  for (const Tensor* moment : {&mean, &variance})
    require<UsageError>(moment->defined(), "[batch_norm] need mean and variance, got an undefined tensor");
  require_channels("batch_norm", x, {&mean, &variance, &weight, &bias});
  Tensor scale = 1.0 / sqrt(variance + eps);
  if (weight.defined()) scale = scale * weight;
  const Tensor shift = bias.defined() ? bias - mean * scale : neg(mean * scale);
  return x * by_channel(scale, x) + by_channel(shift, x);
}

}  // namespace grus
