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

/// RMSprop (Tieleman and Hinton 2012), as torch.optim.RMSprop. Weight decay is added to the gradient.
///   s = alpha s + (1 - alpha) g^2;   d = g / (sqrt(s) + eps);   w -= lr d
/// Centered (Graves 2013, section 2.2), s - a^2 stands for s in d, where a = alpha a + (1 - alpha) g. With momentum the
/// step is that of b = momentum b + d. Settings are named as options.
class Rmsprop : public Optimizer {
 public:
  explicit Rmsprop(const Parameters& parameters, RmspropOptions options = {})
      : Rmsprop({{.parameters = parameters}}, options) {}
  explicit Rmsprop(const std::vector<ParameterGroup>& groups, RmspropOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
