#include "optim/adadelta.h"

#include "ops/math/elementwise.h"

namespace grus::optim {

Adadelta::Adadelta(const std::vector<ParameterGroup>& groups, AdadeltaOptions o)
    : Optimizer("Adadelta",
                {{"lr", o.lr},
                 {"rho", o.rho, Domain::fraction},
                 {"eps", o.eps, Domain::positive},
                 {"weight_decay", o.weight_decay}},
                {"square_mean", "change_mean"}, groups) {}

void Adadelta::update(ParameterUpdate& p) {
  const double rho = p["rho"], eps = p["eps"];
  Tensor &s = p.state("square_mean"), &u = p.state("change_mean");
  p.add_decay();
  s = rho * s + (1 - rho) * square(p.grad);
  const Tensor change = sqrt(u + eps) / sqrt(s + eps) * p.grad;
  u = rho * u + (1 - rho) * square(change);
  p.value = p.value - p.lr * change;
}

bool Adadelta::update_fused(FusedUpdate& p) {
  p.args.weight_decay = p["weight_decay"];
  return p.run(p.kernels().adadelta_step, AdadeltaArgs{.update = p.args,
                                                       .s = p.state("square_mean"),
                                                       .u = p.state("change_mean"),
                                                       .rho = p["rho"],
                                                       .eps = p["eps"]});
}

}  // namespace grus::optim
