#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct AdadeltaOptions {
  double lr = 1;
  double rho = 0.95;
  double eps = 1e-6;
  double weight_decay = 0;
};

/// Adadelta (Zeiler 2012), as torch.optim.Adadelta, whose rho is 0.9; the defaults are those of Bahdanau et al. 2014.
/// Weight decay is added to the gradient g. Settings bear the names of the options.
///   s = rho s + (1 - rho) g^2;   d = sqrt(u + eps) / sqrt(s + eps) g;   u = rho u + (1 - rho) d^2;   w -= lr d
class Adadelta : public Optimizer {
 public:
  explicit Adadelta(const Parameters& parameters, AdadeltaOptions options = {})
      : Adadelta({{.parameters = parameters}}, options) {}
  explicit Adadelta(const std::vector<ParameterGroup>& groups, AdadeltaOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
  bool update_fused(FusedUpdate& p) override;
};

}  // namespace grus::optim
