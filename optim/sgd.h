#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct SgdOptions {
  double lr = 0.01;
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;
};

/// Stochastic gradient descent, as torch.optim.SGD; with nesterov it looks ahead (Sutskever et al. 2013). Settings bear
/// the names of the options.
///   g += weight_decay w;   m = momentum m + g;   w -= lr m, or with nesterov lr (g + momentum m)
class Sgd : public Optimizer {
 public:
  explicit Sgd(const Parameters& parameters, SgdOptions options = {}) : Sgd({{.parameters = parameters}}, options) {}
  explicit Sgd(const std::vector<ParameterGroup>& groups, SgdOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
  bool update_fused(FusedUpdate& p) override;
};

}  // namespace grus::optim
