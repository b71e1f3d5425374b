#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct LambOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-6;
  double weight_decay = 0.01;
};

/// LAMB (You et al. 2020, algorithm 2, with phi the identity). |.| is the norm over a whole parameter, and |w| / |r| is
/// 1 where a norm is 0. Settings bear the names of the options; m and v are those of Adam.
///   r = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay w;   w -= lr |w| / |r| r
class Lamb : public Optimizer {
 public:
  explicit Lamb(const Parameters& parameters, LambOptions options = {}) : Lamb({{.parameters = parameters}}, options) {}
  explicit Lamb(const std::vector<ParameterGroup>& groups, LambOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
