// An optimizer's step is made here, by a fused kernel or in plain ops.
#include "optim/optimizer.h"

#include <cmath>

#include "core/tensor/raw.h"
#include "core/thread/recording.h"
#include "ops/base/twin.h"
#include "ops/math/elementwise.h"
#include "optim/average.h"

namespace grus::optim {

void Optimizer::zero_grad() {
  for (Slot& slot : slots_) slot.known.parameter.zero_grad();
}

void Optimizer::step(double grad_scale) {
  require<UsageError>(std::isfinite(grad_scale), "[{}] need a finite scale of the gradients, got {}", name_,
                      grad_scale);
  step_all({grad_scale, Tensor()});
}

void Optimizer::step(const Tensor& grad_scale) {
  require(grad_scale.defined() && grad_scale.numel() == 1, "[{}] need a scale of one element, got shape {}", name_,
          grad_scale.shape());
  for (const Slot& slot : slots_)
    if (slot.leaf().requires_grad) require_same_kind(name_, slot.leaf().value(), grad_scale);
  step_all({1, grad_scale});
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

bool Optimizer::keeps(size_t state, const Values& values) const {
  const std::string& when = kept_[state].when;
  return when.empty() || values[find_setting(name_, settings_, when)] != 0;
}

Shape Optimizer::shape_of(size_t state, const Slot& slot) const {
  const Shape& shape = slot.leaf().value().shape();
  return kept_[state].shape ? kept_[state].shape(shape) : shape;
}

// Whatever a step writes must exist, on the parameter's device, before anything is written.
void Optimizer::prepare(Slot& slot) {
  const Leaf& leaf = slot.leaf();
  if (!leaf.requires_grad || !leaf.grad().defined()) return;
  const Tensor& value = leaf.value();
  for (size_t i = 0; i < kept_.size(); ++i) {
    Tensor& state = slot.states[i];
    if (!keeps(i, groups_[slot.group])) state = Tensor();
    else if (state.defined()) state = like(value, state);
    else state = Tensor::zeros(shape_of(i, slot), value.dtype(), value.device());
  }
}

void Optimizer::step_all(Scale scale) {
  for (const Slot& slot : slots_) require_ready(slot);
  for (Slot& slot : slots_)
    if (slot.own) prepare(slot);
  const double decay = average_ ? average_->begin_update() : 0;
  for (Slot& slot : slots_)
    if (slot.leaf().requires_grad) step(slot, scale, decay);
  ++steps_;
}

void Optimizer::step(Slot& slot, Scale scale, double average_decay) {
  Leaf& leaf = slot.leaf();
  if (!slot.own) {
    if (!leaf.grad().defined()) return;
    ++slot.steps;
    return leaf.mark_grad_used();
  }
  Tensor* average = average_ ? average_->find(&leaf) : nullptr;
  if (leaf.grad().defined()) {
    const SettingsInForce settings(name_, settings_, groups_[slot.group], lr(slot.group));
    const bool done = fused_ && fused_kernels_wanted() && step_fused(slot, scale, settings, average, average_decay);
    if (!done) step_composed(slot, scale, settings);
    ++slot.steps;
    leaf.mark_grad_used();
    if (done) return;
  }
  if (average)
    average_->update(leaf.mutable_value(), *average, average_decay, leaf.grad().defined() ? scale.factor : Tensor());
}

bool Optimizer::step_fused(Slot& slot, Scale scale, const SettingsInForce& settings, Tensor* average,
                           double average_decay) {
  Leaf& leaf = slot.leaf();
  FusedUpdate p(name_, leaf.value().device(), kept_, slot.states, settings);
  p.t = slot.steps + 1;
  p.args.value = write_flat(leaf.mutable_value());
  p.grad = leaf.grad().detach();
  p.args.grad = flat(leaf.grad());
  if (average) p.args.average = write_flat(*average);
  p.factor = scale.factor;
  if (scale.factor.defined()) p.args.factor = flat(scale.factor);
  p.args.grad_scale = scale.number;
  p.args.lr = settings["lr"];
  p.args.average_decay = average_decay;
  return update_fused(p);
}

void Optimizer::step_composed(Slot& slot, Scale scale, const SettingsInForce& settings) {
  const NoGrad unrecorded;
  const Leaf& leaf = slot.leaf();
  ParameterUpdate p(name_, kept_, slot.states, settings);
  p.lr = settings["lr"];
  p.t = slot.steps + 1;
  p.value = leaf.value().detach();
  p.grad = leaf.grad().detach();
  if (scale.factor.defined()) p.grad = p.grad * scale.factor.reshape({});
  else if (scale.number != 1) p.grad = p.grad * scale.number;
  update(p);
  write(slot, p, scale.factor);
}

// A value is written in place, so no state tensor may share its memory.
void Optimizer::write(Slot& slot, ParameterUpdate& done, const Tensor& factor) {
  Leaf& leaf = slot.leaf();
  const Tensor happened = factor.defined() ? abs(factor.reshape({})) > 0.0 : Tensor();
  require_alike(slot, "value", done.value, leaf.value().shape());
  for (size_t i = 0; i < kept_.size(); ++i) {
    Tensor& state = done.states_[i];
    if (!slot.states[i].defined()) continue;
    require_alike(slot, kept_[i].name, state, shape_of(i, slot));
    if (happened.defined()) state = where(happened, state, slot.states[i]);
    if (Raw::shares_storage(state, leaf.value())) state = state.detach().clone();
  }
  if (happened.defined()) done.value = where(happened, done.value, leaf.value());
  if (!Raw::same_elements(done.value, leaf.value())) leaf.assign(done.value);
  slot.states = std::move(done.states_);
}

void Optimizer::require_alike(const Slot& slot, std::string_view what, const Tensor& made, const Shape& shape) const {
  const Tensor& value = slot.leaf().value();
  require<UsageError>(made.defined(), "[{}] need an update of '{}' that leaves its {}, got an undefined tensor", name_,
                      slot.known.name, what);
  const bool alike = made.shape() == shape && made.dtype() == value.dtype() && made.device() == value.device();
  require<UsageError>(alike, "[{}] need an update of '{}' that leaves its {} as {} {} on {}, got {} {} on {}", name_,
                      slot.known.name, what, value.dtype(), shape, value.device(), made.dtype(), made.shape(),
                      made.device());
}

}  // namespace grus::optim
