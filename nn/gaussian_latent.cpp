#include "nn/gaussian_latent.h"

#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus::nn {
namespace {

GaussianLatentOptions checked(const GaussianLatentOptions& o) {
  require<UsageError>(o.input > 0 && o.size > 0,
                      "[GaussianLatent] need an input and a size of at least 1, got {} and {}", o.input, o.size);
  return o;
}

}  // namespace

void collect_tensors(const Code& code, std::vector<Tensor>& to) {
  to.push_back(code.z);
  if (code.kl.defined()) to.push_back(code.kl);
}

GaussianLatent::GaussianLatent(GaussianLatentOptions given, Rng& rng)
    : options(checked(given)), mean(child("mean", Linear(options.input, options.size, rng))) {
  if (options.variational) log_variance.emplace(child("log_variance", Linear(options.input, options.size, rng)));
}

Code GaussianLatent::forward(const Tensor& h) const {
  require(h.rank() == 2 && h.dim(1) == options.input, "[GaussianLatent] need h (B, {}), got {}", options.input,
          h.shape());
  const Tensor mu = mean(h);
  if (!log_variance) return {mu, {}};
  const Tensor log_square = (*log_variance)(h), square = exp(log_square);
  const Tensor kl = sum(mu * mu + square - log_square - 1.0, {1}) * 0.5;
  if (!is_training()) return {mu, kl};
  const Tensor eps = random_normal(mu.shape(), 0, 1, default_rng(), mu.dtype(), mu.device());
  return {mu + exp(log_square * 0.5) * eps, kl};
}

}  // namespace grus::nn
