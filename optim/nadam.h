#pragma once
#include "optim/optimizer.h"

namespace grus::optim {

struct NAdamOptions {
  double lr = 2e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double momentum_decay = 4e-3;
  bool decoupled = false;  // weight decay is that of AdamW
  double weight_decay = 0;
};

/// NAdam (Dozat 2016), Adam with Nesterov's look-ahead, as torch.optim.NAdam. Settings bear the names of the options; m
/// and v are those of Adam.
///   mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2);   p_t = mu_1 ... mu_t
///   w -= lr ((1 - mu_t) / (1 - p_t) g + mu_{t+1} / (1 - p_{t+1}) m) / (sqrt(v / (1 - beta2^t)) + eps)
class NAdam : public Optimizer {
 public:
  explicit NAdam(const Parameters& parameters, NAdamOptions options = {})
      : NAdam({{.parameters = parameters}}, options) {}
  explicit NAdam(const std::vector<ParameterGroup>& groups, NAdamOptions options = {});

 protected:
  void update(ParameterUpdate& p) override;
};

}  // namespace grus::optim
