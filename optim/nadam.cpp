#include "optim/nadam.h"

#include <cmath>

#include "ops/math/elementwise.h"

namespace grus::optim {

NAdam::NAdam(const std::vector<ParameterGroup>& groups, NAdamOptions o)
    : Optimizer("NAdam",
                {{"lr", o.lr},
                 {"beta1", o.beta1, Domain::fraction},
                 {"beta2", o.beta2, Domain::fraction},
                 {"eps", o.eps},
                 {"momentum_decay", o.momentum_decay},
                 {"decoupled", o.decoupled ? 1.0 : 0.0},
                 {"weight_decay", o.weight_decay}},
                {"first", "second", {"momentum_product", "", [](const Shape&) { return Shape{}; }}}, groups) {}

void NAdam::update(ParameterUpdate& p) {
  const double beta1 = p["beta1"], beta2 = p["beta2"], t = static_cast<double>(p.t), decay = p["momentum_decay"];
  const auto momentum_at = [&](double step) { return beta1 * (1 - 0.5 * std::pow(0.96, step * decay)); };
  const double mu = momentum_at(t), next = momentum_at(t + 1);
  Tensor &m = p.state("first"), &v = p.state("second"), &product = p.state("momentum_product");
  p["decoupled"] != 0 ? p.shrink() : p.add_decay();
  m = beta1 * m + (1 - beta1) * p.grad;
  v = beta2 * v + (1 - beta2) * square(p.grad);
  product = p.t == 1 ? product + mu : product * mu;
  const Tensor ahead = (1 - mu) / (1.0 - product) * p.grad + next / (1.0 - next * product) * m;
  p.value = p.value - p.lr * ahead / (sqrt(v / (1 - std::pow(beta2, t))) + p["eps"]);
}

}  // namespace grus::optim
