#include "optim/sgd.h"

#include "ops/math/elementwise.h"

namespace grus::optim {

Sgd::Sgd(const std::vector<ParameterGroup>& groups, SgdOptions o)
    : Optimizer("Sgd",
                {{"lr", o.lr},
                 {"momentum", o.momentum, Domain::fraction},
                 {"nesterov", o.nesterov ? 1.0 : 0.0},
                 {"weight_decay", o.weight_decay}},
                {{"momentum", "momentum"}}, groups) {
  for (size_t group = 0; group < this->groups(); ++group)
    require<UsageError>(get("nesterov", group) == 0 || get("momentum", group) > 0,
                        "[Sgd] need a momentum above 0 for nesterov, got {}", get("momentum", group));
}

void Sgd::update(ParameterUpdate& p) {
  p.add_decay();
  Tensor step = p.grad;
  if (const double momentum = p["momentum"]; momentum != 0) {
    Tensor& m = p.state("momentum");
    m = momentum * m + p.grad;
    step = p["nesterov"] != 0 ? p.grad + momentum * m : m;
  }
  p.value = p.value - p.lr * step;
}

bool Sgd::update_fused(FusedUpdate& p) {
  p.args.weight_decay = p["weight_decay"];
  return p.run(
      p.kernels().sgd_step,
      SgdArgs{.update = p.args, .m = p.state("momentum"), .momentum = p["momentum"], .nesterov = p["nesterov"] != 0});
}

}  // namespace grus::optim
