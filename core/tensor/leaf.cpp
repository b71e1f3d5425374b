#include "core/tensor/leaf.h"

#include "core/base/error.h"
#include "core/tensor/raw.h"

namespace grus {
namespace {

/// y += x, in place.
void add_in_place(Tensor& y, const Tensor& x) {
  const Device device = y.device();
  device.check(device.kernels().copy(device.context(), Raw::write_view(y), Raw::view(x), true), "accumulate");
}

}  // namespace

Tensor Leaf::tensor() const {
  Tensor tracked = value_;
  tracked.leaf_ = Ref<LeafBase>::share(const_cast<Leaf*>(this));
  return tracked;
}

void Leaf::set_grad(Tensor grad) {
  if (grad.defined()) {
    require_same_kind("set_grad", value_, grad);
    require(grad.shape() == value_.shape(), "[set_grad] need the value's shape {}, got {}", value_.shape(),
            grad.shape());
    grad = grad.detach();
  }
  grad_ = std::move(grad);
  use_ = Use::fresh;
}

void Leaf::mark_grad_used() {
  if (grad_.defined()) use_ = Use::used;
}

Tensor Leaf::prepare(Tensor gradient) {
  for (const GradientHook& hook : hooks_) {
    const Tensor changed = hook(gradient);
    if (!changed.defined()) continue;
    require_same_kind("on_gradient", value_, changed);
    require(changed.shape() == value_.shape(), "[on_gradient] need a gradient of shape {}, got {}", value_.shape(),
            changed.shape());
    gradient = changed;
  }
  const bool fits = gradient.dtype() == value_.dtype() && gradient.device() == value_.device();
  require<UsageError>(
      fits && gradient.shape() == value_.shape(),
      "[backward] need leaves that stay where they are until backward, got one that is {} {} on {} with "
      "a gradient {} {} on {}",
      value_.dtype(), value_.shape(), value_.device(), gradient.dtype(), gradient.shape(), gradient.device());
  return Raw::owns_storage_alone(gradient) ? std::move(gradient) : gradient.detach().clone();
}

void Leaf::accumulate(Tensor gradient) {
  std::lock_guard lock(mutex_);
  if (use_ == Use::used) use_ = Use::stale;
  if (!grad_.defined()) {
    grad_ = gradient.detach();
    return;
  }
  if (!Raw::owns_storage_alone(grad_)) grad_ = grad_.detach().clone();
  add_in_place(grad_, gradient);
}

void Leaf::assign(const Tensor& value) {
  require_same_kind("assign", value_, value);
  require(value.shape() == value_.shape(), "[assign] need shape {}, got {}", value_.shape(), value.shape());
  const Device device = value_.device();
  device.check(device.kernels().copy(device.context(), Raw::write_view(value_), Raw::view(value), false), "assign");
}

void Leaf::replace(const Tensor& value) {
  require_float("replace", value);
  require(value.shape() == value_.shape(), "[replace] need shape {}, got {}", value_.shape(), value.shape());
  value_ = value.detach();
  zero_grad();
}

}  // namespace grus
