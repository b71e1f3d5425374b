#include "nn/weight_norm.h"

#include "nn/init.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"

namespace grus::nn {
namespace {

/// Returns the norm of each output's weights, (O, 1, ...).
Tensor norms_of(const Tensor& weight) {
  Shape shape{weight.dim(0)};
  for (int axis = 1; axis < weight.rank(); ++axis) shape.push_back(1);
  return sqrt(sum(square(weight.reshape({weight.dim(0), -1})), 1)).reshape(shape);
}

Tensor checked(const char* name, const Tensor& weight) {
  require_float(name, weight);
  require(weight.rank() >= 2 && weight.numel() > 0, "[{}] need a weight (O, ...) of at least two axes, got {}", name,
          weight.shape());
  return weight.detach();
}

Tensor unit(const Tensor& x, double eps) { return x / maximum(sqrt(sum(square(x))), eps); }

}  // namespace

WeightNorm::WeightNorm(const Tensor& weight) {
  original0 = param("original0", norms_of(checked("WeightNorm", weight)));
  original1 = param("original1", weight.detach());
}

Tensor WeightNorm::forward() const {
  const Tensor direction = original1;
  return direction * (original0.tensor() / norms_of(direction));
}

SpectralNorm::SpectralNorm(const Tensor& weight, SpectralNormOptions given, Rng& rng)
    : options(given),
      original(param("original", checked("SpectralNorm", weight))),
      u(buffer("u", unit(init::normal({weight.dim(0)}, 0, 1, rng), given.eps))),
      v(buffer("v", unit(init::normal({weight.numel() / weight.dim(0)}, 0, 1, rng), given.eps))) {
  require<UsageError>(options.iterations > 0, "[SpectralNorm] need at least 1 iteration, got {}", options.iterations);
  iterate(15);  // as PyTorch's begins
}

void SpectralNorm::iterate(int64_t times) const {
  const Tensor matrix = original.value().reshape({original.value().dim(0), -1});
  for (int64_t i = 0; i < times; ++i) {
    u.replace(unit(matmul(matrix, v.value()), options.eps));
    v.replace(unit(matmul(u.value(), matrix), options.eps));
  }
}

Tensor SpectralNorm::forward() const {
  if (is_training()) iterate(options.iterations);
  const Tensor weight = original;
  const Tensor matrix = weight.reshape({weight.dim(0), -1});
  return weight / sum(u.value() * matmul(matrix, v.value()));
}

}  // namespace grus::nn
