#include "optim/adam.h"

namespace grus::optim {

namespace {

void require_valid(const char* name, double beta1, double beta2, double eps) {
  require<UsageError>(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "[{}] need betas in [0, 1), got {} and {}",
                      name, beta1, beta2);
  require<UsageError>(eps >= 0, "[{}] need an eps of at least 0, got {}", name, eps);
}

}  // namespace

Adam::Adam(const std::vector<ParameterGroup>& groups, AdamOptions o)
    : Optimizer("Adam",
                {.kind = OptimizerKind::adam,
                 .lr = o.lr,
                 .weight_decay = o.weight_decay,
                 .first = true,
                 .second = true,
                 .beta1 = o.beta1,
                 .beta2 = o.beta2,
                 .eps = o.eps},
                groups) {
  require_valid("Adam", o.beta1, o.beta2, o.eps);
}

AdamW::AdamW(const std::vector<ParameterGroup>& groups, AdamWOptions o)
    : Optimizer("AdamW",
                {.kind = OptimizerKind::adam,
                 .lr = o.lr,
                 .weight_decay = o.weight_decay,
                 .first = true,
                 .second = true,
                 .beta1 = o.beta1,
                 .beta2 = o.beta2,
                 .eps = o.eps,
                 .decoupled = true},
                groups) {
  require_valid("AdamW", o.beta1, o.beta2, o.eps);
}

}  // namespace grus::optim
