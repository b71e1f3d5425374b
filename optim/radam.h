#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct RAdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  bool decoupled = false;  // weight decay as in AdamW
  double weight_decay = 0;
};

/// Adam whose step is rectified while v is known from few gradients (Liu et al. 2020):  rho = 2 / (1 - b2) - 1,  rho_t
/// = rho - 2 t b2^t / (1 - b2^t);  above 5 Adam's step (eps beside sqrt(v)) times sqrt((rho_t - 4) (rho_t - 2) rho /
/// ((rho - 4) (rho - 2) rho_t)),  else w -= lr * m / (1 - b1^t).  As torch.optim.RAdam. Settings: lr, beta1, beta2,
/// eps, decoupled, weight_decay.
class RAdam : public Optimizer {
 public:
  explicit RAdam(const Parameters& parameters, RAdamOptions options = {})
      : RAdam({{.parameters = parameters}}, options) {}
  explicit RAdam(const std::vector<ParameterGroup>& groups, RAdamOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
