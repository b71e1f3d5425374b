#pragma once
// An optimizer steps parameters in groups. A new one is a class with update(), the step of one parameter in plain ops,
// as in optim/rmsprop.cpp; groups, schedules, clipping, weight averages, exact resume and checks are the base class's.
// Parameters are known by identity, so tied ones are stepped once; state tensors follow a parameter to another device
// or dtype.
// Sources: optimizer.cpp, optimizer_groups.cpp, optimizer_state.cpp.
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

  /// Adds parameters. Throws UsageError when one of them, or its name, is known already, or when a setting is unknown
  /// or outside its domain.
  void add_group(const ParameterGroup& group);
  size_t groups() const { return groups_.size(); }

  /// Makes one update from the gradients times grad_scale, a finite number (clip_scale().scale, 1 / accumulated
  /// batches). Parameters without a gradient, or that do not require one, stay. Throws UsageError, and changes nothing,
  /// when a gradient was added to one that a step has used already (zero_grad() was forgotten), and when a parameter
  /// was tied or its module replaced since the optimizer was made.
  void step(double grad_scale = 1);
  /// Makes one update with a scale that only the parameters' device knows (clip_scale of a tensor): one number of their
  /// dtype. Where it is 0 or NaN the step counts, but changes nothing. Throws as step(double), and ShapeError unless it
  /// is one number.
  void step(const Tensor& grad_scale);
  void zero_grad();
  /// Lets step() take gradients that were added to used ones, for programs that mean it.
  void allow_stale_gradients(bool on = true) { allows_stale_ = on; }
  int64_t steps() const { return steps_; }

  /// Sets the factor of all learning rates, finite and at least 0:
  /// optimizer.set_lr_factor(schedule(optimizer.steps())).
  void set_lr_factor(double factor);
  /// Returns the rate in force of a group, lr times the factor; groups count in the order in which they were added.
  double lr(size_t group = 0) const { return get("lr", group) * lr_factor_; }
  /// Sets the rate of the first group; the others keep their ratio to it. Throws UsageError where there are others and
  /// the first one's is 0.
  void set_lr(double lr);
  void set_lr(double lr, size_t group) { set("lr", lr, group); }
  /// Returns or sets a setting by name; set("beta1", 0.95) sets that of every group. Throws UsageError for an unknown
  /// name, a value outside its domain, and a group that does not exist.
  double get(std::string_view setting, size_t group = 0) const;
  void set(std::string_view setting, double value);
  void set(std::string_view setting, double value, size_t group);

  /// Returns the parameters of all groups, each once, in the order in which they were added.
  nn::Parameters parameters() const;
  /// Lets step() update the parameters at these places alone, and keep state for no others, which other processes step;
  /// they count their steps here too. Throws UsageError unless there is a flag for each, and for a parameter that has
  /// taken steps elsewhere: load_state() first.
  void share(const std::vector<bool>& own);

  /// Chooses whether step() may take the one-pass kernel of a backend; without it every step runs update().
  void set_fused(bool on) { fused_ = on; }

  /// Lets step() also update this average, which must outlive the optimizer; null detaches it.
  void attach(ExponentialMovingAverage* average) { average_ = average; }
  ExponentialMovingAverage* average() const { return average_; }

  /// Returns what an exact resume needs: the state tensors of each parameter ("first.NAME", shared, not copied), the
  /// counts "steps" and "updates", the rates "lr" of each group, "lr_factor", the settings that set() changed
  /// ("setting.NAME") and the optimizer's name as "kind". Of a shared optimizer it has the tensors of its own share.
  NamedTensors state() const;
  /// Returns the names of the whole state, of all shares, in order.
  std::vector<std::string> state_names() const;
  /// Takes a whole state of the same parameters, of which none is another's then. Throws DataError that lists missing,
  /// unexpected and misshapen names, or says that the state is another kind's; nothing is changed then. A state without
  /// kind and rates leaves the rates as they are.
  void load_state(const NamedTensors& state);

 protected:
  /// `name` is a literal and the kind that states bear. One setting must be "lr". `kept` are the state tensors that
  /// each parameter has.
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
    std::vector<Tensor> states;  // in the order of kept_; made at the first step
    bool own = true;             // false: another process steps it
    Leaf& leaf() const { return *known.leaf; }
  };
  using Values = std::vector<double>;  // in the order of settings_
  struct Scale {
    double number;         // 1 where there is a factor
    const Tensor& factor;  // a scale on the device
  };
  bool keeps(size_t state, const Values& values) const;
  Shape shape_of(size_t state, const Slot& slot) const;
  void require_group(size_t group) const;
  void require_ready(const Slot& slot) const;
  void prepare(Slot& slot);
  bool has_state(const Slot& slot, size_t state) const { return slot.steps > 0 && keeps(state, groups_[slot.group]); }
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
  std::vector<bool> changed_;  // which settings set() changed
  std::vector<Slot> slots_;
  double lr_factor_ = 1;
  int64_t steps_ = 0;
  bool allows_stale_ = false, fused_ = true;
  ExponentialMovingAverage* average_ = nullptr;
};

}  // namespace grus::optim
