#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct AdagradOptions {
  double lr = 0.01;
  double lr_decay = 0;
  double initial_sum = 0;  // s before the first step
  double eps = 1e-10;
  double weight_decay = 0;
};

/// Adagrad (Duchi et al. 2011), as torch.optim.Adagrad. Weight decay is added to the gradient g. Settings bear the
/// names of the options.
///   s += g^2;   w -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)
class Adagrad : public Optimizer {
 public:
  explicit Adagrad(const Parameters& parameters, AdagradOptions options = {})
      : Adagrad({{.parameters = parameters}}, options) {}
  explicit Adagrad(const std::vector<ParameterGroup>& groups, AdagradOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
