// An optimizer saves its state here, and goes on from a saved one.
#include <fmt/format.h>

#include "optim/optimizer.h"
#include "optim/state_reader.h"

namespace grus::optim {
namespace {

// Counts and settings stay on the host, as a device may lack f64.
const char* const host = "cpu";

std::string setting_name(const Setting& setting) { return "setting." + setting.name; }

/// Files of earlier versions call the first two state tensors of every optimizer "first" and "second".
std::string older_name(size_t i, const std::string& parameter) { return (i == 0 ? "first." : "second.") + parameter; }

}  // namespace

NamedTensors Optimizer::state() const {
  NamedTensors state;
  std::vector<int64_t> counts;
  for (const Slot& slot : slots_) {
    const Tensor& value = slot.leaf().value();
    for (size_t i = 0; i < kept_.size(); ++i) {
      if (!slot.own || !has_state(slot, i)) continue;
      const Tensor& kept = slot.states[i];
      state.push_back(
          {kept_[i].name + "." + slot.known.name,
           kept.defined() ? like(value, kept) : Tensor::zeros(shape_of(i, slot), value.dtype(), value.device())});
    }
    counts.push_back(slot.steps);
  }
  const auto of_groups = [&](size_t setting) {
    std::vector<double> values;
    for (const Values& group : groups_) values.push_back(group[setting]);
    return Tensor::from(values, Device(host));
  };
  const std::string_view kind = name_;
  state.push_back({"steps", Tensor::from(counts, Device(host))});
  state.push_back({"updates", Tensor::from(std::vector<int64_t>{steps_}, Device(host))});
  for (size_t i = 0; i < settings_.size(); ++i)
    if (settings_[i].name == "lr") state.push_back({"lr", of_groups(i)});
    else if (changed_[i]) state.push_back({setting_name(settings_[i]), of_groups(i)});
  state.push_back({"lr_factor", Tensor::from(std::vector<double>{lr_factor_}, Device(host))});
  state.push_back({"kind", Tensor::from(std::vector<int32_t>(kind.begin(), kind.end()), Device(host))});
  return state;
}

std::vector<std::string> Optimizer::state_names() const {
  std::vector<std::string> names;
  for (const Slot& slot : slots_)
    for (size_t i = 0; i < kept_.size(); ++i)
      if (has_state(slot, i)) names.push_back(kept_[i].name + "." + slot.known.name);
  names.insert(names.end(), {"steps", "updates"});
  for (size_t i = 0; i < settings_.size(); ++i)
    if (settings_[i].name == "lr") names.emplace_back("lr");
    else if (changed_[i]) names.push_back(setting_name(settings_[i]));
  names.insert(names.end(), {"lr_factor", "kind"});
  return names;
}

// Nothing of this optimizer changes until all of the state was read and found right.
void Optimizer::load_state(const NamedTensors& state) {
  StateReader reader(name_, state);
  reader.require_kind();
  if (const Tensor* rates = nn::find(state, "lr"); rates && rates->rank() == 1)
    require<DataError>(rates->dim(0) == static_cast<int64_t>(groups_.size()),
                       "[{}] need a state of {} groups of parameters, got one of {}", name_, groups_.size(),
                       rates->dim(0));
  const Tensor counts = reader.take_numbers("steps", DType::i64, static_cast<int64_t>(slots_.size()));
  const Tensor updates = reader.take_numbers("updates", DType::i64, 1);
  const Tensor factor = reader.has("lr_factor") ? reader.take_numbers("lr_factor", DType::f64, 1) : Tensor();
  std::vector<Values> groups = groups_;
  std::vector<bool> changed = changed_;
  const std::vector<int64_t> steps = counts.defined() ? counts_of(name_, "steps", counts) : std::vector<int64_t>();
  load_settings(reader, groups, changed);
  std::vector<Slot> loaded = slots_;
  for (size_t s = 0; s < loaded.size(); ++s)
    load_kept(reader, loaded[s], groups[loaded[s].group], steps.empty() ? -1 : steps[s]);
  reader.finish();
  const int64_t all_steps = counts_of(name_, "updates", updates)[0];
  lr_factor_ = factor.defined() ? rates_of(name_, "lr_factor", factor)[0] : lr_factor_;
  groups_ = std::move(groups);
  changed_ = std::move(changed);
  slots_ = std::move(loaded);
  steps_ = all_steps;
}

void Optimizer::load_settings(StateReader& reader, std::vector<Values>& groups, std::vector<bool>& changed) const {
  for (size_t i = 0; i < settings_.size(); ++i) {
    const Setting& setting = settings_[i];
    const std::string name = setting.name == "lr" ? "lr" : setting_name(setting);
    if (!reader.has(name)) continue;
    const Tensor stored = reader.take_numbers(name, DType::f64, static_cast<int64_t>(groups.size()));
    if (!stored.defined()) continue;
    const std::vector<double> values = stored.to_vector<double>();
    for (size_t g = 0; g < values.size(); ++g) {
      require<DataError>(is_valid(setting, values[g]), "[{}] need '{}' {}, got {}", name_, name,
                         text_of(setting.domain), values[g]);
      groups[g][i] = values[g];
    }
    changed[i] = name != "lr";
  }
}

// `steps` is -1 where the state does not say; no tensor is missing then.
void Optimizer::load_kept(StateReader& reader, Slot& slot, const Values& settings, int64_t steps) const {
  const Tensor& value = slot.leaf().value();
  for (size_t i = 0; i < kept_.size(); ++i) {
    std::string name = kept_[i].name + "." + slot.known.name;
    if (const std::string older = older_name(i, slot.known.name); i < 2 && !reader.has(name) && reader.has(older))
      name = older;
    const bool expected = keeps(i, settings) && (steps < 0 ? reader.has(name) : steps > 0);
    slot.states[i] = expected ? reader.take(name, shape_of(i, slot), value) : Tensor();
  }
  slot.steps = steps;
  slot.own = true;
}

}  // namespace grus::optim
