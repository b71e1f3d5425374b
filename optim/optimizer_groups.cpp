// Parameters stand in groups, and each group has its settings.
#include <algorithm>
#include <cmath>

#include "optim/optimizer.h"

namespace grus::optim {

Optimizer::Optimizer(const char* name, std::vector<Setting> settings, std::vector<StateTensor> kept,
                     const std::vector<ParameterGroup>& groups)
    : name_(name), settings_(std::move(settings)), kept_(std::move(kept)), changed_(settings_.size(), false) {
  const auto is_lr = [](const Setting& setting) { return setting.name == "lr"; };
  require<UsageError>(std::any_of(settings_.begin(), settings_.end(), is_lr),
                      "[{}] need a setting 'lr' among those of an optimizer, got {}", name_, names_of(settings_));
  for (const StateTensor& state : kept_) {
    if (!state.when.empty()) find_setting(name_, settings_, state.when);
    require<UsageError>(!state.name.empty() && state.name.find('.') == std::string::npos && state.name != "setting",
                        "[{}] need names without a dot, other than 'setting', for what it keeps, got '{}'", name_,
                        state.name);
    const auto same = [&](const StateTensor& other) { return other.name == state.name; };
    require<UsageError>(std::count_if(kept_.begin(), kept_.end(), same) == 1,
                        "[{}] need a name of its own for each tensor that it keeps, got '{}' twice", name_, state.name);
  }
  for (const ParameterGroup& group : groups) add_group(group);
  require<UsageError>(!slots_.empty(), "[{}] need parameters, got none", name_);
}

void Optimizer::add_group(const ParameterGroup& group) {
  Values values;
  for (const Setting& setting : settings_) values.push_back(setting.value);
  std::vector<bool> given(values.size(), false);
  const auto give = [&](std::string_view name, double value) {
    const size_t place = find_setting(name_, settings_, name);
    require<UsageError>(!given[place], "[{}] need one value for '{}' of a group, got {} and {}", name_, name,
                        values[place], value);
    given[place] = true;
    values[place] = value;
  };
  if (group.lr) give("lr", *group.lr);
  if (group.weight_decay) give("weight_decay", *group.weight_decay);
  for (const auto& [name, value] : group.settings) give(name, value);
  for (size_t i = 0; i < values.size(); ++i) require_setting(name_, settings_[i], values[i]);
  std::vector<Slot> slots = slots_;
  for (const auto& [name, parameter] : group.parameters) {
    if (!parameter.defined()) continue;
    for (const Slot& slot : slots) {
      require<UsageError>(&slot.leaf() != parameter.identity(), "[{}] need each parameter once, got {} again as {}",
                          name_, slot.known.name, name);
      slot.known.require_other_name(name_, name);
    }
    slots.push_back({{name, parameter}, groups_.size(), 0, std::vector<Tensor>(kept_.size()), true});
  }
  groups_.push_back(std::move(values));
  slots_ = std::move(slots);
}

nn::Parameters Optimizer::parameters() const {
  nn::Parameters all;
  for (const Slot& slot : slots_) all.push_back({slot.known.name, slot.known.parameter});
  return all;
}

void Optimizer::share(const std::vector<bool>& own) {
  require<UsageError>(own.size() == slots_.size(), "[{}] need a flag for each of {} parameters to share them, got {}",
                      name_, slots_.size(), own.size());
  for (size_t i = 0; i < own.size(); ++i)
    require<UsageError>(slots_[i].own || !own[i] || slots_[i].steps == 0,
                        "[{}] need the state of '{}', whose steps were taken elsewhere: load_state() first", name_,
                        slots_[i].known.name);
  for (size_t i = 0; i < own.size(); ++i) {
    slots_[i].own = own[i];
    if (!own[i]) slots_[i].states.assign(kept_.size(), Tensor());
  }
}

void Optimizer::set_lr_factor(double factor) {
  require<UsageError>(factor >= 0 && std::isfinite(factor),
                      "[{}] need a factor of learning rates of at least 0, got {}", name_, factor);
  lr_factor_ = factor;
}

void Optimizer::set_lr(double lr) {
  const size_t place = find_setting(name_, settings_, "lr");
  require_setting(name_, settings_[place], lr);
  const double first = groups_.front()[place];
  require<UsageError>(first > 0 || groups_.size() == 1,
                      "[{}] need a rate above 0 of the first group, to which the others keep their ratio, got 0: "
                      "set_lr(lr, group)",
                      name_);
  for (size_t i = 1; i < groups_.size(); ++i) groups_[i][place] *= lr / first;
  groups_.front()[place] = lr;
}

void Optimizer::require_group(size_t group) const {
  require<UsageError>(group < groups_.size(), "[{}] need a group below {}, got {}", name_, groups_.size(), group);
}

double Optimizer::get(std::string_view setting, size_t group) const {
  require_group(group);
  return groups_[group][find_setting(name_, settings_, setting)];
}

void Optimizer::set(std::string_view setting, double value) {
  for (size_t group = 0; group < groups_.size(); ++group) set(setting, value, group);
}

void Optimizer::set(std::string_view setting, double value, size_t group) {
  require_group(group);
  const size_t place = find_setting(name_, settings_, setting);
  require_setting(name_, settings_[place], value);
  groups_[group][place] = value;
  changed_[place] = true;
}

}  // namespace grus::optim
