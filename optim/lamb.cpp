#include "optim/lamb.h"

#include <cmath>

#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus::optim {

Lamb::Lamb(const std::vector<ParameterGroup>& groups, LambOptions o)
    : Optimizer("Lamb",
                {{"lr", o.lr},
                 {"beta1", o.beta1, Domain::fraction},
                 {"beta2", o.beta2, Domain::fraction},
                 {"eps", o.eps},
                 {"weight_decay", o.weight_decay}},
                {"first", "second"}, groups) {}

void Lamb::update(ParameterUpdate& p) {
  const double beta1 = p["beta1"], beta2 = p["beta2"], t = static_cast<double>(p.t);
  Tensor &m = p.state("first"), &v = p.state("second");
  m = beta1 * m + (1 - beta1) * p.grad;
  v = beta2 * v + (1 - beta2) * square(p.grad);
  const Tensor mean = m / (1 - std::pow(beta1, t)), spread = sqrt(v / (1 - std::pow(beta2, t))) + p["eps"];
  const Tensor step = mean / spread + p["weight_decay"] * p.value;
  const Tensor weight = sqrt(sum(square(p.value))), length = sqrt(sum(square(step)));
  const Tensor ratio = where(logical_and(weight > 0, length > 0), weight / length, 1);
  p.value = p.value - p.lr * ratio * step;
}

}  // namespace grus::optim
