#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct LambOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-6;
  double weight_decay = 0.01;
};

/// You et al. 2020, algorithm 2, phi the identity:  m, v as Adam's;  r = (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) +
/// eps) + weight_decay w;  w -= lr * |w| / |r| * r, norms over the whole parameter; the ratio is 1 where one is 0.
/// Settings: lr, beta1, beta2, eps, weight_decay.
class Lamb : public Optimizer {
 public:
  explicit Lamb(const Parameters& parameters, LambOptions options = {}) : Lamb({{.parameters = parameters}}, options) {}
  explicit Lamb(const std::vector<ParameterGroup>& groups, LambOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
