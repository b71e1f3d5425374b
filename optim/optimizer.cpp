#include "optim/optimizer.h"

#include <fmt/format.h>

#include <cmath>

#include "optim/average.h"
#include "optim/state_reader.h"

namespace grus::optim {

namespace {

Matrix flat(Tensor& tensor) { return tensor.unrecorded_reshape({1, tensor.numel()}).matrix(); }
Matrix write_flat(Tensor& tensor) {
  tensor.write_matrix();  // raises the version
  return flat(tensor);
}

void require_setting(const char* name, const char* what, double value) {
  require<UsageError>(value >= 0 && std::isfinite(value), "[{}] need {} of at least 0, got {}", name, what, value);
}

}  // namespace

Optimizer::Optimizer(const char* name, const Rule& rule, const std::vector<ParameterGroup>& groups)
    : name_(name), rule_(rule) {
  for (const ParameterGroup& group : groups) add_group(group);
  require<UsageError>(!slots_.empty(), "[{}] need parameters, got none", name_);
}

void Optimizer::add_group(const ParameterGroup& group) {
  groups_.push_back({group.lr.value_or(rule_.lr), group.weight_decay.value_or(rule_.weight_decay)});
  require_setting(name_, "a learning rate", groups_.back().lr);
  require_setting(name_, "a weight decay", groups_.back().weight_decay);
  for (const auto& [name, parameter] : group.parameters) {
    if (!parameter.defined()) continue;
    for (const Slot& slot : slots_) {
      require<UsageError>(&slot.leaf() != parameter.identity(), "[{}] need each parameter once, got {} again as {}",
                          name_, slot.known.name, name);
      slot.known.require_other_name(name_, name);
    }
    slots_.push_back({{name, parameter}, groups_.size() - 1, 0, {}, {}});
  }
}

void Optimizer::set_lr_factor(double factor) {
  require_setting(name_, "a factor of learning rates", factor);
  lr_factor_ = factor;
}

void Optimizer::set_lr(double lr) {
  require_setting(name_, "a learning rate", lr);
  for (Group& group : groups_) group.lr = lr;
}

void Optimizer::zero_grad() {
  for (Slot& slot : slots_) slot.known.parameter.zero_grad();
}

void Optimizer::step(double grad_scale) {
  require<UsageError>(std::isfinite(grad_scale), "[{}] need a finite scale of the gradients, got {}", name_,
                      grad_scale);
  step_all(grad_scale, {});
}

void Optimizer::step(const Tensor& grad_scale) {
  require(grad_scale.defined() && grad_scale.numel() == 1, "[{}] need a scale of one element, got shape {}", name_,
          grad_scale.shape());
  for (const Slot& slot : slots_)
    if (slot.leaf().requires_grad) require_same_kind(name_, slot.leaf().value(), grad_scale);
  step_all(1, grad_scale);
}

void Optimizer::require_ready(const Slot& slot) const {
  slot.known.require_unchanged(name_);
  const Leaf& leaf = slot.leaf();
  if (!leaf.requires_grad) return;
  require<UsageError>(allows_stale_ || !leaf.grad_is_stale(),
                      "[{}] need zero_grad() between a step and the next backward, got a gradient of '{}' that was "
                      "added to one that a step had used; where that is meant: allow_stale_gradients()",
                      name_, slot.known.name);
  if (!leaf.grad().defined()) return;
  const Tensor &value = leaf.value(), &grad = leaf.grad();
  const bool alike = grad.shape() == value.shape() && grad.dtype() == value.dtype() && grad.device() == value.device();
  require<UsageError>(alike, "[{}] need a gradient of '{}' as the parameter is, {} {} on {}, got {} {} on {}", name_,
                      slot.known.name, value.dtype(), value.shape(), value.device(), grad.dtype(), grad.shape(),
                      grad.device());
}

// What a step writes is there, and where the parameter is.
void Optimizer::prepare(Slot& slot) {
  const Leaf& leaf = slot.leaf();
  if (!leaf.requires_grad || !leaf.grad().defined()) return;
  const Tensor& value = leaf.value();
  const auto ready = [&value](Tensor& moment) {
    moment = moment.defined() ? like(value, moment) : Tensor::zeros(value.shape(), value.dtype(), value.device());
  };
  if (rule_.first) ready(slot.first);
  if (rule_.second) ready(slot.second);
}

void Optimizer::step_all(double grad_scale, const Tensor& factor) {
  for (const Slot& slot : slots_) require_ready(slot);
  for (Slot& slot : slots_) prepare(slot);
  const double decay = average_ ? average_->begin_update() : 0;
  for (Slot& slot : slots_)
    if (slot.leaf().requires_grad) step(slot, grad_scale, factor, decay);
  ++steps_;
}

void Optimizer::step(Slot& slot, double grad_scale, const Tensor& factor, double average_decay) {
  Leaf& leaf = slot.leaf();
  Tensor* average = average_ ? average_->find(&leaf) : nullptr;
  Tensor& value = leaf.mutable_value();
  if (!leaf.grad().defined()) {
    if (average) average_->update(value, *average, average_decay);
    return;
  }
  ++slot.steps;
  const Group& group = groups_[slot.group];
  const auto count = static_cast<double>(slot.steps);
  OptimizerArgs args{};
  args.kind = rule_.kind;
  args.beta1 = rule_.beta1;
  args.beta2 = rule_.beta2;
  args.eps = rule_.eps;
  args.nesterov = rule_.nesterov;
  args.value = write_flat(value);
  args.grad = flat(leaf.mutable_grad());
  if (rule_.first) args.first = write_flat(slot.first);
  if (rule_.second) args.second = write_flat(slot.second);
  if (average) args.average = write_flat(*average);
  args.grad_scale = grad_scale;
  if (factor.defined()) args.factor = factor.unrecorded_reshape({1, 1}).matrix();
  args.lr = group.lr * lr_factor_;
  args.bias1 = 1 - std::pow(args.beta1, count);
  args.bias2 = 1 - std::pow(args.beta2, count);
  (rule_.decoupled ? args.decoupled_decay : args.weight_decay) = group.weight_decay;
  args.average_decay = average_decay;
  value.device().check(value.device().kernels().optimizer_step(value.device().context(), args), name_);
  leaf.mark_grad_used();
}

NamedTensors Optimizer::state() const {
  NamedTensors state;
  std::vector<int64_t> counts;
  for (const Slot& slot : slots_) {
    const Tensor& value = slot.leaf().value();
    if (slot.first.defined()) state.push_back({"first." + slot.known.name, like(value, slot.first)});
    if (slot.second.defined()) state.push_back({"second." + slot.known.name, like(value, slot.second)});
    counts.push_back(slot.steps);
  }
  std::vector<double> rates;
  for (const Group& group : groups_) rates.push_back(group.lr);
  const std::string_view kind = name_;
  const Device host("cpu");  // a device may lack f64
  state.push_back({"steps", Tensor::from(counts, host)});
  state.push_back({"updates", Tensor::from(std::vector<int64_t>{steps_}, host)});
  state.push_back({"lr", Tensor::from(rates, host)});
  state.push_back({"lr_factor", Tensor::from(std::vector<double>{lr_factor_}, host)});
  state.push_back({"kind", Tensor::from(std::vector<int32_t>(kind.begin(), kind.end()), host)});
  return state;
}

void Optimizer::load_state(const NamedTensors& state) {
  StateReader reader(name_, state);
  reader.require_kind();
  const auto slots = static_cast<int64_t>(slots_.size()), groups = static_cast<int64_t>(groups_.size());
  const Tensor counts = reader.take_numbers("steps", DType::i64, slots);
  const Tensor updates = reader.take_numbers("updates", DType::i64, 1);
  const Tensor rates = reader.has("lr") ? reader.take_numbers("lr", DType::f64, groups) : Tensor();
  const Tensor factor = reader.has("lr_factor") ? reader.take_numbers("lr_factor", DType::f64, 1) : Tensor();
  const std::vector<int64_t> steps = counts.defined() ? counts_of(name_, "steps", counts) : std::vector<int64_t>();
  std::vector<Slot> loaded = slots_;
  for (size_t i = 0; i < loaded.size(); ++i) {
    Slot& slot = loaded[i];
    const auto take = [&](const char* moment, bool kept) {
      const std::string name = fmt::format("{}.{}", moment, slot.known.name);
      const bool expected = kept && (steps.empty() ? reader.has(name) : steps[i] > 0);
      return expected ? reader.take(name, slot.leaf().value()) : Tensor();
    };
    slot.first = take("first", rule_.first);
    slot.second = take("second", rule_.second);
  }
  reader.finish();
  for (size_t i = 0; i < loaded.size(); ++i) loaded[i].steps = steps[i];
  const int64_t all_steps = counts_of(name_, "updates", updates)[0];
  std::vector<double> lr = rates.defined() ? rates_of(name_, "lr", rates) : std::vector<double>();
  lr_factor_ = factor.defined() ? rates_of(name_, "lr_factor", factor)[0] : lr_factor_;
  for (size_t i = 0; i < lr.size(); ++i) groups_[i].lr = lr[i];
  slots_ = std::move(loaded);
  steps_ = all_steps;
}

}  // namespace grus::optim
