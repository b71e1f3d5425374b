#include "nn/conv.h"

#include <cmath>

#include "nn/init.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"

namespace grus::nn {
namespace {

void require_sizes(const char* name, int64_t in, int64_t out, int64_t groups) {
  require<UsageError>(in > 0 && out > 0 && groups > 0 && in % groups == 0 && out % groups == 0,
                      "[{}] need channels of at least 1 that the groups divide, got {} to {} in {} groups", name, in,
                      out, groups);
}

Tensor first_bias(const Shape& weight, Rng& rng) {
  const double bound = 1 / std::sqrt(static_cast<double>(weight.without(0).numel()));
  return init::uniform({weight[0]}, -bound, bound, rng);
}

}  // namespace

Conv1d::Conv1d(Conv1dOptions given, Rng& rng) : options(given) {
  require_sizes("Conv1d", options.in, options.out, options.groups);
  require<UsageError>(
      options.kernel > 0 && options.stride > 0 && options.padding >= 0 && options.dilation > 0,
      "[Conv1d] need kernel, stride and dilation of at least 1 and a padding of at least 0, got {}, {}, "
      "{} and {}",
      options.kernel, options.stride, options.dilation, options.padding);
  const Shape shape{options.out, options.in / options.groups, options.kernel};
  weight = param("weight", init::uniform_fan_in(shape, rng));
  if (options.bias) bias = param("bias", first_bias(shape, rng));
}

Tensor Conv1d::forward(const Tensor& x) const {
  return conv1d(x, weight, bias, {options.stride, options.padding, options.dilation, options.groups});
}

Tensor Conv1d::forward_sequence(const Tensor& x, const Lengths* lengths, bool causal) const {
  require<UsageError>(options.stride == 1 && options.groups == 1,
                      "[Conv1d] need a stride and groups of 1 for time-major sequences, got {} and {}", options.stride,
                      options.groups);
  Tensor real = x;
  if (lengths) {
    require(x.rank() == 3 && x.dim(0) == lengths->steps() && x.dim(1) == lengths->batch(),
            "[Conv1d] need x ({}, {}, {}), got {}", lengths->steps(), lengths->batch(), options.in, x.shape());
    real = where(unsqueeze(transpose(lengths->mask()), 2), x, 0);
  }
  const int64_t reach = options.dilation * (options.kernel - 1);
  const ConvSequenceOptions padding{
      .before = causal ? reach : options.padding, .after = causal ? 0 : options.padding, .dilation = options.dilation};
  return conv_sequence(real, weight, bias, padding);
}

Conv2d::Conv2d(Conv2dOptions given, Rng& rng) : options(given) {
  require_sizes("Conv2d", options.in, options.out, options.groups);
  require<UsageError>(options.kernel.rows > 0 && options.kernel.columns > 0,
                      "[Conv2d] need a kernel of at least 1 x 1, got {} x {}", options.kernel.rows,
                      options.kernel.columns);
  const Shape shape{options.out, options.in / options.groups, options.kernel.rows, options.kernel.columns};
  weight = param("weight", init::uniform_fan_in(shape, rng));
  if (options.bias) bias = param("bias", first_bias(shape, rng));
}

Tensor Conv2d::forward(const Tensor& x) const {
  return conv2d(x, weight, bias, {options.stride, options.padding, options.dilation, options.groups});
}

}  // namespace grus::nn
