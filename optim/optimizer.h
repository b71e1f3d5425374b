#pragma once
// Optimizers: one kernel call a parameter. They know parameters by identity, so tied ones are stepped once; moments
// follow a parameter to another device or dtype.
#include <optional>

#include "core/device/kernels.h"
#include "optim/known_parameter.h"

namespace grus::optim {

using nn::NamedTensors;
using nn::Parameters;
class ExponentialMovingAverage;

/// Parameters with settings of their own; what is absent is the optimizer's.
struct ParameterGroup {
  Parameters parameters;
  std::optional<double> lr = std::nullopt, weight_decay = std::nullopt;
};

/// Settings for the parameters whose names match a pattern ("encoder.*"; `*` and `?`).
struct GroupRule {
  std::string pattern;
  std::optional<double> lr = std::nullopt, weight_decay = std::nullopt;
};
/// One group a rule, and one of what is left; a parameter goes to the first rule that it matches. Throws UsageError
/// when a rule has nothing: Adam(group_by_name(model.named_parameters(), {{.pattern = "encoder.*", .lr = 1e-4}})).
std::vector<ParameterGroup> group_by_name(const Parameters& parameters, const std::vector<GroupRule>& rules);

class Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// Further parameters. Throws UsageError when one, or its name, is known already.
  void add_group(const ParameterGroup& group);

  /// One update from the gradients times grad_scale (clip_scale().scale, 1 / accumulated batches), which is finite.
  /// Parameters without a gradient, or that do not require one, stay. Throws UsageError, and changes nothing, when a
  /// gradient was added to one that a step has used already (zero_grad() was forgotten), and when a parameter was tied
  /// or its module replaced since the optimizer was made.
  void step(double grad_scale = 1);
  /// The same with a scale that only the parameters' device knows (clip_scale of a tensor): one number of their dtype.
  /// Where it is 0 the step counts, but changes nothing.
  void step(const Tensor& grad_scale);
  void zero_grad();
  /// For those who mean it.
  void allow_stale_gradients(bool on = true) { allows_stale_ = on; }
  int64_t steps() const { return steps_; }

  /// Learning rates are a group's lr times this factor: optimizer.set_lr_factor(schedule(optimizer.steps())).
  void set_lr_factor(double factor);
  /// In force now, of the first group.
  double lr() const { return groups_.front().lr * lr_factor_; }
  void set_lr(double lr);

  /// From now on step() also updates this average, in the same pass over memory. It must outlive the optimizer; null:
  /// none.
  void attach(ExponentialMovingAverage* average) { average_ = average; }

  /// For exact resume: moments "first.NAME", "second.NAME" (shared, not copied), counts "steps", "updates", rates "lr"
  /// of each group, "lr_factor", and the optimizer's name as "kind".
  NamedTensors state() const;
  /// Throws DataError that lists missing, unexpected and misshapen names, or says that it is another kind's; nothing is
  /// changed then. A state without kind and rates, as older ones are, leaves the rates as they are.
  void load_state(const NamedTensors& state);

 protected:
  struct Rule {
    OptimizerKind kind;
    double lr;
    double weight_decay;
    bool first, second;                // which moments it keeps
    double beta1, beta2 = 0, eps = 0;  // as in OptimizerArgs
    bool nesterov = false;
    bool decoupled = false;  // weight decay
  };
  Optimizer(const char* name, const Rule& rule, const std::vector<ParameterGroup>& groups);

 private:
  struct Slot {
    KnownParameter known;
    size_t group;
    int64_t steps = 0;
    Tensor first, second;  // made at the first step
    Leaf& leaf() const { return *known.leaf; }
  };
  struct Group {
    double lr, weight_decay;
  };
  void require_ready(const Slot& slot) const;
  void prepare(Slot& slot);
  void step_all(double grad_scale, const Tensor& factor);
  void step(Slot& slot, double grad_scale, const Tensor& factor, double average_decay);
  const char* name_;
  Rule rule_;
  std::vector<Group> groups_;
  std::vector<Slot> slots_;
  double lr_factor_ = 1;
  int64_t steps_ = 0;
  bool allows_stale_ = false;
  ExponentialMovingAverage* average_ = nullptr;
};

}  // namespace grus::optim
