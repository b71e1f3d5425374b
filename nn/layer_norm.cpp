#include "nn/layer_norm.h"

#include "nn/init.h"
#include "ops/math/norm.h"

namespace grus::nn {

LayerNorm::LayerNorm(int64_t width, LayerNormOptions options) : eps(options.eps) {
  require<UsageError>(width > 0, "[LayerNorm] need a width of at least 1, got {}", width);
  weight = param("weight", init::ones({width}));
  if (options.bias) bias = param("bias", init::zeros({width}));
}

Tensor LayerNorm::forward(const Tensor& x) const { return layer_norm(x, weight, bias, eps); }

}  // namespace grus::nn
