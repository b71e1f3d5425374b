#include "optim/radam.h"

#include <cmath>

#include "ops/math/elementwise.h"

namespace grus::optim {

RAdam::RAdam(const std::vector<ParameterGroup>& groups, RAdamOptions o)
    : Optimizer("RAdam",
                {{"lr", o.lr},
                 {"beta1", o.beta1, Domain::fraction},
                 {"beta2", o.beta2, Domain::fraction},
                 {"eps", o.eps},
                 {"decoupled", o.decoupled ? 1.0 : 0.0},
                 {"weight_decay", o.weight_decay}},
                {"first", "second"}, groups) {}

void RAdam::update(ParameterUpdate& p) {
  const double beta1 = p["beta1"], beta2 = p["beta2"], t = static_cast<double>(p.t);
  Tensor &m = p.state("first"), &v = p.state("second");
  p["decoupled"] != 0 ? p.shrink() : p.add_decay();
  m = beta1 * m + (1 - beta1) * p.grad;
  v = beta2 * v + (1 - beta2) * square(p.grad);
  const double power = std::pow(beta2, t), longest = 2 / (1 - beta2) - 1,
               length = longest - 2 * t * power / (1 - power);
  Tensor step = m / (1 - std::pow(beta1, t));
  if (length > 5) {
    const double rest = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length);
    step = std::sqrt(rest * (1 - power)) * step / (sqrt(v) + p["eps"]);
  }
  p.value = p.value - p.lr * step;
}

}  // namespace grus::optim
