#include "optim/sgd.h"

namespace grus::optim {

Sgd::Sgd(const std::vector<ParameterGroup>& groups, SgdOptions o)
    : Optimizer("Sgd",
                {.kind = OptimizerKind::sgd,
                 .lr = o.lr,
                 .weight_decay = o.weight_decay,
                 .first = o.momentum != 0,
                 .second = false,
                 .beta1 = o.momentum,
                 .nesterov = o.nesterov},
                groups) {
  require<UsageError>(o.momentum >= 0 && o.momentum < 1, "[Sgd] need a momentum in [0, 1), got {}", o.momentum);
  require<UsageError>(!o.nesterov || o.momentum > 0, "[Sgd] need a momentum above 0 for nesterov, got {}", o.momentum);
}

}  // namespace grus::optim
