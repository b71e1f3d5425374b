#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};

/// Kingma and Ba 2015:  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= lr * (m / (1 - b1^t)) / (sqrt(v / (1 -
/// b2^t)) + eps). Weight decay is added to the gradient. As torch.optim.Adam.
class Adam : public Optimizer {
 public:
  explicit Adam(const Parameters& parameters, AdamOptions options = {}) : Adam({{parameters, {}, {}}}, options) {}
  explicit Adam(const std::vector<ParameterGroup>& groups, AdamOptions options = {});
};

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019): w *= 1 - lr * weight_decay, then Adam's step.
class AdamW : public Optimizer {
 public:
  explicit AdamW(const Parameters& parameters, AdamWOptions options = {}) : AdamW({{parameters, {}, {}}}, options) {}
  explicit AdamW(const std::vector<ParameterGroup>& groups, AdamWOptions options = {});
};

}  // namespace grus::optim
