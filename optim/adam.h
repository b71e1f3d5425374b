#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};

/// Kingma and Ba 2015:  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= lr * (m / (1 - b1^t)) / (sqrt(v / (1 -
/// b2^t)) + eps). Weight decay is added to the gradient. As torch.optim.Adam. Settings: lr, beta1, beta2, eps,
/// weight_decay.
class Adam : public Optimizer {
 public:
  explicit Adam(const Parameters& parameters, AdamOptions options = {}) : Adam({{.parameters = parameters}}, options) {}
  explicit Adam(const std::vector<ParameterGroup>& groups, AdamOptions options = {});

 protected:
  Adam(const char* name, bool decoupled, const std::vector<ParameterGroup>& groups, const AdamOptions& options);
  void update(ParameterUpdate& p) override;
  bool update_fused(FusedUpdate& p) override;

 private:
  const bool decoupled_;
};

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019): w *= 1 - lr * weight_decay, then Adam's step. Each
/// group may have a decay of its own. As torch.optim.AdamW.
class AdamW : public Adam {
 public:
  explicit AdamW(const Parameters& parameters, AdamWOptions options = {})
      : AdamW({{.parameters = parameters}}, options) {}
  explicit AdamW(const std::vector<ParameterGroup>& groups, AdamWOptions options = {});
};

}  // namespace grus::optim
