#pragma once
// A leaf: a value that training changes, and the gradient that tapes add up for it.
#include <functional>
#include <mutex>

#include "core/tensor/tensor.h"

namespace grus {

/// A Leaf is counted by reference. Modules hold their parameters as leaves, tapes hold the leaves that they used.
class Leaf : public LeafBase {
 public:
  static Ref<Leaf> create(const Tensor& value) { return Ref<Leaf>::adopt(new Leaf(value)); }

  /// Returns the value as an input of ops: tapes give it a gradient while requires_grad is set.
  Tensor tensor() const;
  /// Returns the value alone: a tensor that no tape follows.
  const Tensor& value() const { return value_; }
  /// Returns the gradient; undefined until a backward pass reached this leaf.
  const Tensor& grad() const { return grad_; }
  /// Replaces the gradient; undefined drops it. Throws ShapeError, DtypeError, DeviceError unless it fits the value.
  void set_grad(Tensor grad);
  void zero_grad() { set_grad(Tensor()); }
  /// Returns what a backward pass adds for `gradient`: what the hooks make of it, with memory of its own. Throws
  /// UsageError when the leaf is no longer what the gradient was computed for. Several threads may call it at once.
  Tensor prepare(Tensor gradient);
  /// grad += gradient, where `prepare` gave the gradient. Several threads may call it at once.
  void accumulate(Tensor gradient);

  /// A GradientHook sees each gradient that a backward pass brings, before it is added. What the hook returns is added
  /// instead; undefined leaves the gradient as it was. Passes of several threads may call it at once.
  using GradientHook = std::function<Tensor(const Tensor& gradient)>;
  void on_gradient(GradientHook hook) { hooks_.push_back(std::move(hook)); }
  void remove_hooks() { hooks_.clear(); }

  /// Notes that an optimizer took its step with this gradient: whatever is added now comes on top of an old one, and
  /// makes it stale.
  void mark_grad_used();
  bool grad_is_stale() const { return use_ == Use::stale; }

  /// Overwrites the elements in place. Throws ShapeError, DtypeError, DeviceError unless shape, dtype and device agree.
  void assign(const Tensor& value);
  /// Takes another value of the same shape, on any device, f32 or f64; drops the gradient. Throws ShapeError,
  /// DtypeError.
  void replace(const Tensor& value);
  /// Optimizers write the value and the gradient in place.
  Tensor& mutable_value() { return value_; }
  Tensor& mutable_grad() { return grad_; }

 private:
  explicit Leaf(const Tensor& value) : value_(value.detach()) {}
  ~Leaf() override = default;
  enum class Use : uint8_t { fresh, used, stale };  // stale: a gradient was added after the use
  Tensor value_;
  Tensor grad_;
  Use use_ = Use::fresh;
  std::vector<GradientHook> hooks_;
  std::mutex mutex_;
};

}  // namespace grus
