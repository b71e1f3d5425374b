#pragma once
#include <optional>

#include "nn/linear.h"

namespace grus::nn {

struct GaussianLatentOptions {
  int64_t input, size;       // I, Z
  bool variational = false;  // false: the code is mu alone, and an autoencoder is an ordinary one
};

/// A Code is what an autoencoder keeps of its inputs.
struct [[nodiscard]] Code {
  Tensor z;   // (B, Z)
  Tensor kl;  // (B) in nats; undefined where the latent is not variational
};
void collect_tensors(const Code& code, std::vector<Tensor>& to);

/// mu = W h + b, log sigma^2 = V h + c;  z = mu + sigma * eps, eps ~ N(0, 1) from default_rng(), in training, else mu;
/// kl = KL(N(mu, sigma^2) | N(0, 1)) = sum_k (mu_k^2 + sigma_k^2 - log sigma_k^2 - 1) / 2 (Kingma and Welling 2014).
class GaussianLatent : public Module<GaussianLatent> {
 public:
  /// Throws UsageError for sizes below 1.
  explicit GaussianLatent(GaussianLatentOptions options, Rng& rng = default_rng());
  /// h (B, I) -> z (B, Z), kl (B). Throws ShapeError.
  Code forward(const Tensor& h) const;

  GaussianLatentOptions options;
  Linear mean;
  std::optional<Linear> log_variance;
};

}  // namespace grus::nn
