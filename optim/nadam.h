#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct NAdamOptions {
  double lr = 2e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double momentum_decay = 4e-3;
  bool decoupled = false;  // weight decay as in AdamW
  double weight_decay = 0;
};

/// Adam with Nesterov's look-ahead (Dozat 2016):  mu_t = b1 (1 - 0.96^(t momentum_decay) / 2);  m, v as Adam's;  w -=
/// lr
/// * ((1 - mu_t) g / (1 - mu_1 ... mu_t) + mu_{t+1} m / (1 - mu_1 ... mu_{t+1})) / (sqrt(v / (1 - b2^t)) + eps).
/// As torch.optim.NAdam. Settings: lr, beta1, beta2, eps, momentum_decay, decoupled, weight_decay.
class NAdam : public Optimizer {
 public:
  explicit NAdam(const Parameters& parameters, NAdamOptions options = {})
      : NAdam({{.parameters = parameters}}, options) {}
  explicit NAdam(const std::vector<ParameterGroup>& groups, NAdamOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
