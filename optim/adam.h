#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};

/// Adam (Kingma and Ba 2015), as torch.optim.Adam. Weight decay is added to the gradient g. Settings bear the names of
/// the options.
///   m = beta1 m + (1 - beta1) g;   v = beta2 v + (1 - beta2) g^2
///   w -= lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
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

/// AdamW (Loshchilov and Hutter 2019), as torch.optim.AdamW: w *= 1 - lr weight_decay, then the step of Adam. Each
/// group may have a decay of its own.
class AdamW : public Adam {
 public:
  explicit AdamW(const Parameters& parameters, AdamWOptions options = {})
      : AdamW({{.parameters = parameters}}, options) {}
  explicit AdamW(const std::vector<ParameterGroup>& groups, AdamWOptions options = {});
};

}  // namespace grus::optim
