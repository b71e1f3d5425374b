#include "optim/rmsprop.h"

#include "ops/math/elementwise.h"

namespace grus::optim {

Rmsprop::Rmsprop(const std::vector<ParameterGroup>& groups, RmspropOptions o)
    : Optimizer("Rmsprop",
                {{"lr", o.lr},
                 {"alpha", o.alpha, Domain::fraction},
                 {"eps", o.eps},
                 {"momentum", o.momentum, Domain::fraction},
                 {"centered", o.centered ? 1.0 : 0.0},
                 {"weight_decay", o.weight_decay}},
                {"square_mean", {"grad_mean", "centered"}, {"momentum", "momentum"}}, groups) {}

void Rmsprop::update(ParameterUpdate& p) {
  const double alpha = p["alpha"], momentum = p["momentum"];
  p.add_decay();
  Tensor& s = p.state("square_mean");
  s = alpha * s + (1 - alpha) * square(p.grad);
  Tensor spread = s;
  if (p["centered"] != 0) {
    Tensor& mean = p.state("grad_mean");
    mean = alpha * mean + (1 - alpha) * p.grad;
    spread = s - square(mean);
  }
  Tensor step = p.grad / (sqrt(spread) + p["eps"]);
  if (momentum != 0) {
    Tensor& buffer = p.state("momentum");
    step = buffer = momentum * buffer + step;
  }
  p.value = p.value - p.lr * step;
}

}  // namespace grus::optim
