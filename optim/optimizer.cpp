#include "optim/optimizer.h"

#include <fmt/format.h>

#include <cmath>

#include "optim/average.h"

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
    for (const Slot& slot : slots_)
      require<UsageError>(slot.parameter.identity() != parameter.identity(),
                          "[{}] need each parameter once, got {} again as {}", name_, slot.name, name);
    slots_.push_back({name, parameter, groups_.size() - 1, 0, {}, {}});
  }
}

void Optimizer::set_lr(double lr) {
  require_setting(name_, "a learning rate", lr);
  for (Group& group : groups_) group.lr = lr;
}

void Optimizer::zero_grad() {
  for (Slot& slot : slots_) slot.parameter.zero_grad();
}

void Optimizer::step(double grad_scale) { step_all(grad_scale, {}); }

void Optimizer::step(const Tensor& grad_scale) {
  require(grad_scale.defined() && grad_scale.numel() == 1, "[{}] need a scale of one element, got shape {}", name_,
          grad_scale.shape());
  for (const Slot& slot : slots_)
    if (slot.parameter.requires_grad()) require_same_kind(name_, slot.parameter.value(), grad_scale);
  step_all(1, grad_scale);
}

void Optimizer::step_all(double grad_scale, const Tensor& factor) {
  for (const Slot& slot : slots_)
    require<UsageError>(allows_stale_ || !slot.parameter.requires_grad() || !slot.parameter.leaf().grad_is_stale(),
                        "[{}] need zero_grad() between a step and the next backward, got a gradient of '{}' that was "
                        "added to one that a step had used; where that is meant: allow_stale_gradients()",
                        name_, slot.name);
  const double decay = average_ ? average_->begin_update() : 0;
  for (Slot& slot : slots_)
    if (slot.parameter.requires_grad()) step(slot, grad_scale, factor, decay);
  ++steps_;
}

void Optimizer::step(Slot& slot, double grad_scale, const Tensor& factor, double average_decay) {
  Leaf& leaf = slot.parameter.leaf();
  Tensor* average = average_ ? average_->find(&leaf) : nullptr;
  Tensor& value = leaf.mutable_value();
  if (!leaf.grad().defined()) {
    if (average) average_->update(value, *average, average_decay);
    return;
  }
  if (rule_.first && !slot.first.defined()) slot.first = Tensor::zeros(value.shape(), value.dtype(), value.device());
  if (rule_.second && !slot.second.defined()) slot.second = Tensor::zeros(value.shape(), value.dtype(), value.device());
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
    if (slot.first.defined()) state.push_back({"first." + slot.name, slot.first});
    if (slot.second.defined()) state.push_back({"second." + slot.name, slot.second});
    counts.push_back(slot.steps);
  }
  state.push_back({"steps", Tensor::from(counts)});
  state.push_back({"updates", Tensor::from(std::vector<int64_t>{steps_})});
  return state;
}

void Optimizer::load_state(const NamedTensors& state) {
  const Tensor* counts = nn::find(state, "steps");
  const Tensor* updates = nn::find(state, "updates");
  require<DataError>(counts && updates && counts->dtype() == DType::i64 && updates->dtype() == DType::i64 &&
                         counts->shape() == Shape{static_cast<int64_t>(slots_.size())} && updates->numel() == 1,
                     "[{}] need a state with 'steps' ({}) and 'updates' (1) of i64, got one without", name_,
                     slots_.size());
  const std::vector<int64_t> steps = counts->to_vector<int64_t>();
  std::vector<Slot> loaded = slots_;
  size_t used = 2;
  const auto take = [&](const std::string& name, const Slot& slot, bool wanted) {
    const Tensor* stored = nn::find(state, name);
    require<DataError>((stored != nullptr) == wanted,
                       "[{}] need '{}' exactly where this optimizer keeps it, got a state {} it", name_, name,
                       stored ? "with" : "without");
    if (!stored) return Tensor();
    const Tensor& value = slot.parameter.value();
    require<DataError>(stored->shape() == value.shape() && stored->dtype() == value.dtype(),
                       "[{}] need '{}' {} {}, got {} {}", name_, name, value.shape(), value.dtype(), stored->shape(),
                       stored->dtype());
    ++used;
    return stored->to(value.device()).clone();
  };
  for (size_t i = 0; i < loaded.size(); ++i) {
    Slot& slot = loaded[i];
    slot.steps = steps[i];
    slot.first = take("first." + slot.name, slot, rule_.first && slot.steps > 0);
    slot.second = take("second." + slot.name, slot, rule_.second && slot.steps > 0);
  }
  require<DataError>(used == state.size(), "[{}] need the state of these parameters, got {} unknown names", name_,
                     state.size() - used);
  slots_ = std::move(loaded);
  steps_ = updates->to_vector<int64_t>()[0];
}

}  // namespace grus::optim
