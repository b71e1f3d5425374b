#include "optim/adadelta.h"

namespace grus::optim {

Adadelta::Adadelta(const std::vector<ParameterGroup>& groups, AdadeltaOptions o)
    : Optimizer("Adadelta",
                {.kind = OptimizerKind::adadelta,
                 .lr = o.lr,
                 .weight_decay = o.weight_decay,
                 .first = true,
                 .second = true,
                 .beta1 = o.rho,
                 .eps = o.eps},
                groups) {
  require<UsageError>(o.rho >= 0 && o.rho < 1, "[Adadelta] need a rho in [0, 1), got {}", o.rho);
  require<UsageError>(o.eps > 0, "[Adadelta] need an eps above 0, got {}", o.eps);
}

}  // namespace grus::optim
