#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct RmspropOptions {
  double lr = 0.01;
  double alpha = 0.99;
  double eps = 1e-8;
  double momentum = 0;
  bool centered = false;
  double weight_decay = 0;
};

/// Tieleman and Hinton 2012:  s = alpha s + (1 - alpha) g^2;  w -= lr * g / (sqrt(s) + eps). Centered (Graves 2013,
/// section 2.2): s - a^2 under the root, a the moving mean of g. With momentum:  b = momentum b + g / (...);  w -= lr *
/// b. Weight decay is added to the gradient. As torch.optim.RMSprop. Settings: lr, alpha, eps, momentum, centered,
/// weight_decay.
class Rmsprop : public Optimizer {
 public:
  explicit Rmsprop(const Parameters& parameters, RmspropOptions options = {})
      : Rmsprop({{.parameters = parameters}}, options) {}
  explicit Rmsprop(const std::vector<ParameterGroup>& groups, RmspropOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
