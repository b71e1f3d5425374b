#include "nn/linear.h"

#include <cmath>

#include "nn/init.h"
#include "ops/math/matmul.h"

namespace grus::nn {

namespace {
Tensor first_bias(int64_t in, int64_t out, Rng& rng) {
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  return init::uniform({out}, -bound, bound, rng);
}
}  // namespace

Linear::Linear(int64_t in, int64_t out, Rng& rng, LinearOptions options) {
  require<UsageError>(in > 0 && out > 0, "[Linear] need sizes of at least 1, got {} and {}", in, out);
  weight = param("weight", init::uniform_fan_in({out, in}, rng));
  if (options.bias) bias = param("bias", first_bias(in, out, rng));
}

Tensor Linear::forward(const Tensor& x) const { return linear(x, weight, bias); }

}  // namespace grus::nn
