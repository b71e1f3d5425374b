#include "optim/lion.h"

#include "ops/math/elementwise.h"

namespace grus::optim {

Lion::Lion(const std::vector<ParameterGroup>& groups, LionOptions o)
    : Optimizer("Lion",
                {{"lr", o.lr},
                 {"beta1", o.beta1, Domain::fraction},
                 {"beta2", o.beta2, Domain::fraction},
                 {"weight_decay", o.weight_decay}},
                {"first"}, groups) {}

void Lion::update(ParameterUpdate& p) {
  const double beta1 = p["beta1"], beta2 = p["beta2"];
  Tensor& m = p.state("first");
  const Tensor ahead = beta1 * m + (1 - beta1) * p.grad;
  const Tensor sign = where(ahead > 0, 1, where(ahead < 0, -1, ahead));  // 0 and NaN are kept
  p.shrink();
  p.value = p.value - p.lr * sign;
  m = beta2 * m + (1 - beta2) * p.grad;
}

}  // namespace grus::optim
