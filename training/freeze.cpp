#include "training/freeze.h"

#include <algorithm>

#include "core/base/glob.h"

namespace grus::training {

FreezePlan::FreezePlan(nn::ModuleBase& model, const std::vector<FreezeRule>& rules) : model_(model), rules_(rules) {
  const nn::Parameters parameters = model.named_parameters(true);
  for (const FreezeRule& rule : rules) {
    const bool known = std::any_of(parameters.begin(), parameters.end(), [&](const nn::NamedParameter& parameter) {
      return glob_match(rule.pattern, parameter.name);
    });
    require<UsageError>(known, "[fit] need a pattern of parameters' names to freeze, got '{}', which matches none",
                        rule.pattern);
    require<UsageError>(rule.from_epoch >= 1 && rule.from_step >= 1,
                        "[fit] need an epoch and a step from 1 on to freeze '{}' from, got {} and {}", rule.pattern,
                        rule.from_epoch, rule.from_step);
  }
}

void FreezePlan::apply(int64_t epoch, int64_t step) const {
  for (const FreezeRule& rule : rules_)
    if (epoch >= rule.from_epoch && step >= rule.from_step) model_.set_requires_grad(!rule.frozen, rule.pattern);
}

bool FreezePlan::begins_at(int64_t step) const {
  return std::any_of(rules_.begin(), rules_.end(), [&](const FreezeRule& rule) { return rule.from_step == step; });
}

}  // namespace grus::training
