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

/// RMSprop (Tieleman and Hinton 2012), as torch.optim.RMSprop. Weight decay is added to the gradient g.
///   s = alpha s + (1 - alpha) g^2;   d = g / (sqrt(s) + eps);   w -= lr d
///   centered (Graves 2013, section 2.2):  a = alpha a + (1 - alpha) g, and s - a^2 takes the place of s in d
///   with momentum:  b = momentum b + d;   w -= lr b
/// Settings bear the names of the options.
class Rmsprop : public Optimizer {
 public:
  explicit Rmsprop(const Parameters& parameters, RmspropOptions options = {})
      : Rmsprop({{.parameters = parameters}}, options) {}
  explicit Rmsprop(const std::vector<ParameterGroup>& groups, RmspropOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
