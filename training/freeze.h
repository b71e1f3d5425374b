#pragma once
// Parameters are frozen and trained again while a run goes on.
#include "nn/module.h"
#include "training/fit_options.h"

namespace grus::training {

class FreezePlan {
 public:
  /// Throws UsageError for a pattern that no parameter matches, and for an epoch or a step below 1.
  FreezePlan(nn::ModuleBase& model, const std::vector<FreezeRule>& rules);
  /// Applies every rule in force at an epoch's step, in order.
  void apply(int64_t epoch, int64_t step) const;
  /// Says whether a rule begins at this step.
  bool begins_at(int64_t step) const;

 private:
  nn::ModuleBase& model_;
  std::vector<FreezeRule> rules_;
};

}  // namespace grus::training
