#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct LionOptions {
  double lr = 1e-4;
  double beta1 = 0.9, beta2 = 0.99;
  double weight_decay = 0;
};

/// Chen et al. 2023, program 1:  w *= 1 - lr weight_decay;  w -= lr * sign(b1 m + (1 - b1) g);  m = b2 m + (1 - b2) g,
/// where sign(0) is 0. Settings: lr, beta1, beta2, weight_decay.
class Lion : public Optimizer {
 public:
  explicit Lion(const Parameters& parameters, LionOptions options = {}) : Lion({{.parameters = parameters}}, options) {}
  explicit Lion(const std::vector<ParameterGroup>& groups, LionOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
