#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct LionOptions {
  double lr = 1e-4;
  double beta1 = 0.9, beta2 = 0.99;
  double weight_decay = 0;
};

/// Lion (Chen et al. 2023, program 1), where the sign of 0 is 0. Settings bear the names of the options.
///   w *= 1 - lr weight_decay;   w -= lr sign(beta1 m + (1 - beta1) g);   m = beta2 m + (1 - beta2) g
class Lion : public Optimizer {
 public:
  explicit Lion(const Parameters& parameters, LionOptions options = {}) : Lion({{.parameters = parameters}}, options) {}
  explicit Lion(const std::vector<ParameterGroup>& groups, LionOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
