#include "optim/adam.h"

#include <cmath>

#include "ops/math/elementwise.h"

namespace grus::optim {

Adam::Adam(const char* name, bool decoupled, const std::vector<ParameterGroup>& groups, const AdamOptions& o)
    : Optimizer(name,
                {{"lr", o.lr},
                 {"beta1", o.beta1, Domain::fraction},
                 {"beta2", o.beta2, Domain::fraction},
                 {"eps", o.eps},
                 {"weight_decay", o.weight_decay}},
                {"first", "second"}, groups),
      decoupled_(decoupled) {}

Adam::Adam(const std::vector<ParameterGroup>& groups, AdamOptions o) : Adam("Adam", false, groups, o) {}

AdamW::AdamW(const std::vector<ParameterGroup>& groups, AdamWOptions o)
    : Adam("AdamW", true, groups, {o.lr, o.beta1, o.beta2, o.eps, o.weight_decay}) {}

void Adam::update(ParameterUpdate& p) {
  const double beta1 = p["beta1"], beta2 = p["beta2"], t = static_cast<double>(p.t);
  Tensor &m = p.state("first"), &v = p.state("second");
  decoupled_ ? p.shrink() : p.add_decay();
  m = beta1 * m + (1 - beta1) * p.grad;
  v = beta2 * v + (1 - beta2) * square(p.grad);
  const Tensor mean = m / (1 - std::pow(beta1, t)), spread = sqrt(v / (1 - std::pow(beta2, t))) + p["eps"];
  p.value = p.value - p.lr * mean / spread;
}

bool Adam::update_fused(FusedUpdate& p) {
  const double beta1 = p["beta1"], beta2 = p["beta2"], t = static_cast<double>(p.t);
  (decoupled_ ? p.args.decoupled_decay : p.args.weight_decay) = p["weight_decay"];
  return p.run(p.kernels().adam_step, AdamArgs{.update = p.args,
                                               .m = p.state("first"),
                                               .v = p.state("second"),
                                               .beta1 = beta1,
                                               .beta2 = beta2,
                                               .eps = p["eps"],
                                               .bias1 = 1 - std::pow(beta1, t),
                                               .bias2 = 1 - std::pow(beta2, t)});
}

}  // namespace grus::optim
