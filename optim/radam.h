#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct RAdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  bool decoupled = false;  // weight decay is that of AdamW
  double weight_decay = 0;
};

/// RAdam (Liu et al. 2020), as torch.optim.RAdam, is Adam rectified while v is known from few gradients; m and v are
/// Adam's. Settings bear the names of the options.
///   r = 2 / (1 - beta2) - 1;   r_t = r - 2 t beta2^t / (1 - beta2^t);   n = m / (1 - beta1^t)
///   r_t > 5:  w -= lr n sqrt((r_t - 4) (r_t - 2) r (1 - beta2^t) / ((r - 4) (r - 2) r_t)) / (sqrt(v) + eps)
///   else:     w -= lr n
class RAdam : public Optimizer {
 public:
  explicit RAdam(const Parameters& parameters, RAdamOptions options = {})
      : RAdam({{.parameters = parameters}}, options) {}
  explicit RAdam(const std::vector<ParameterGroup>& groups, RAdamOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
