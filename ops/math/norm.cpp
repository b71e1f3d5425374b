#include "ops/math/norm.h"

#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus {

Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  require_float("layer_norm", x);
  require(x.rank() >= 1 && x.dim(-1) > 0, "[layer_norm] need x (..., F) with F of at least 1, got {}", x.shape());
  for (const Tensor& parameter : {weight, bias}) {
    if (!parameter.defined()) continue;
    require_same_kind("layer_norm", x, parameter);
    require(parameter.shape() == Shape{x.dim(-1)}, "[layer_norm] need weight and bias ({}), got {}", x.dim(-1),
            parameter.shape());
  }
  const Tensor centred = x - mean(x, -1, true);
  const Tensor variance = mean(square(centred), -1, true);
  Tensor y = centred / sqrt(variance + eps);
  if (weight.defined()) y = y * weight;
  return bias.defined() ? y + bias : y;
}

}  // namespace grus
