#pragma once
// Optimizers. A new one is a class with update(), the step of one parameter in plain ops, as optim/rmsprop.cpp has it:
// groups, schedules, clipping, weight averages, exact resume and checks are here. Optimizers know parameters by
// identity, so tied ones are stepped once; what is kept follows a parameter to another device or dtype.
// Sources: optimizer.cpp (the step), optimizer_groups.cpp, optimizer_state.cpp.
#include "optim/known_parameter.h"
#include "optim/parameter_update.h"

namespace grus::optim {

class ExponentialMovingAverage;
class StateReader;

class Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// Further parameters. Throws UsageError when one, or its name, is known already, or a setting is none or wrong.
  void add_group(const ParameterGroup& group);
  size_t groups() const { return groups_.size(); }

  /// One update from the gradients times grad_scale (clip_scale().scale, 1 / accumulated batches), which is finite.
  /// Parameters without a gradient, or that do not require one, stay. Throws UsageError, and changes nothing, when a
  /// gradient was added to one that a step has used already (zero_grad() was forgotten), and when a parameter was tied
  /// or its module replaced since the optimizer was made.
  void step(double grad_scale = 1);
  /// The same with a scale that only the parameters' device knows (clip_scale of a tensor): one number of their dtype.
  /// Where it is 0 or NaN the step counts, but changes nothing.
  void step(const Tensor& grad_scale);
  void zero_grad();
  /// For those who mean it.
  void allow_stale_gradients(bool on = true) { allows_stale_ = on; }
  int64_t steps() const { return steps_; }

  /// Learning rates are a group's lr times this factor: optimizer.set_lr_factor(schedule(optimizer.steps())).
  void set_lr_factor(double factor);
  /// The rate in force of a group; groups count in the order in which they were added.
  double lr(size_t group = 0) const { return get("lr", group) * lr_factor_; }
  /// Sets the rate of the first group; the others keep their ratio to it. Throws UsageError where there are others and
  /// the first one's is 0.
  void set_lr(double lr);
  void set_lr(double lr, size_t group) { set("lr", lr, group); }
  /// Settings have names, and each group its values: set("beta1", 0.95) sets that of every group. Throws UsageError for
  /// a name that is none, a value outside its domain, and a group that there is not.
  double get(std::string_view setting, size_t group = 0) const;
  void set(std::string_view setting, double value);
  void set(std::string_view setting, double value, size_t group);

  /// Without fused kernels every step runs update(), also where a backend has an entry for the whole step.
  void set_fused(bool on) { fused_ = on; }

  /// From now on step() also updates this average. It must outlive the optimizer; null: none.
  void attach(ExponentialMovingAverage* average) { average_ = average; }

  /// For exact resume: what is kept for each parameter ("first.NAME", shared, not copied), counts "steps" and
  /// "updates", rates "lr" of each group, "lr_factor", settings that set() changed ("setting.NAME") and the
  /// optimizer's name as "kind".
  NamedTensors state() const;
  /// Throws DataError that lists missing, unexpected and misshapen names, or says that it is another kind's; nothing is
  /// changed then. A state without kind and rates, as older ones are, leaves the rates as they are.
  void load_state(const NamedTensors& state);

 protected:
  /// `name` is a literal; states bear it as their kind. One setting must be "lr". `kept` are the states of a parameter.
  Optimizer(const char* name, std::vector<Setting> settings, std::vector<StateTensor> kept,
            const std::vector<ParameterGroup>& groups);

  /// Takes the step of one parameter in plain ops: changes p.value and p.state().
  virtual void update(ParameterUpdate& p) = 0;
  /// Takes the same step by an entry of the backend's table; returns false, and changes nothing, where it has none.
  virtual bool update_fused(FusedUpdate&) { return false; }

 private:
  struct Slot {
    KnownParameter known;
    size_t group;
    int64_t steps = 0;
    std::vector<Tensor> states;  // as kept_ lists them; made at the first step
    Leaf& leaf() const { return *known.leaf; }
  };
  using Values = std::vector<double>;  // as settings_ lists them
  struct Scale {
    double number;         // 1 where there is
    const Tensor& factor;  // a scale on the device
  };
  bool keeps(size_t state, const Values& values) const;
  Shape shape_of(size_t state, const Slot& slot) const;
  void require_group(size_t group) const;
  void require_ready(const Slot& slot) const;
  void prepare(Slot& slot);
  void step_all(Scale scale);
  void step(Slot& slot, Scale scale, double average_decay);
  bool step_fused(Slot& slot, Scale scale, const SettingsInForce& settings, Tensor* average, double average_decay);
  void step_composed(Slot& slot, Scale scale, const SettingsInForce& settings);
  void write(Slot& slot, ParameterUpdate& done, const Tensor& factor);
  void load_settings(StateReader& reader, std::vector<Values>& groups, std::vector<bool>& changed) const;
  void load_kept(StateReader& reader, Slot& slot, const Values& settings, int64_t steps) const;
  void require_alike(const Slot& slot, std::string_view what, const Tensor& made, const Shape& shape) const;

  const char* name_;
  std::vector<Setting> settings_;
  std::vector<StateTensor> kept_;
  std::vector<Values> groups_;
  std::vector<bool> changed_;  // settings that set() changed
  std::vector<Slot> slots_;
  double lr_factor_ = 1;
  int64_t steps_ = 0;
  bool allows_stale_ = false, fused_ = true;
  ExponentialMovingAverage* average_ = nullptr;
};

}  // namespace grus::optim
