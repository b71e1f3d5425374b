#pragma once
// A leaf: a value that training changes, and the gradient that tapes add up for it.
#include <functional>
#include <mutex>

#include "core/tensor/tensor.h"

namespace grus {

class Leaf : public LeafBase {
 public:
  static Ref<Leaf> create(const Tensor& value) { return Ref<Leaf>::adopt(new Leaf(value)); }

  /// The value as an input of ops: tapes give it a gradient while requires_grad is set.
  Tensor tensor() const;
  /// The value alone: a tensor that no tape follows.
  const Tensor& value() const { return value_; }
  /// Undefined until a backward pass reached this leaf.
  const Tensor& grad() const { return grad_; }
  void set_grad(Tensor grad);
  void zero_grad() { set_grad(Tensor()); }
  /// What a backward pass adds for `gradient`: what the hooks make of it, with memory of its own. Throws UsageError
  /// when the leaf is no longer what the gradient was computed for. Several threads may call it at once.
  Tensor prepare(Tensor gradient);
  /// grad += gradient, which `prepare` gave. Several threads may call it at once.
  void accumulate(Tensor gradient);

  /// Runs on each gradient that a backward pass brings, before it is added: what it returns is added instead
  /// (undefined: the gradient as it was). Passes of several threads call it from each.
  using GradientHook = std::function<Tensor(const Tensor& gradient)>;
  void on_gradient(GradientHook hook) { hooks_.push_back(std::move(hook)); }
  void remove_hooks() { hooks_.clear(); }

  /// An optimizer took its step with this gradient: whatever is added now comes on top of an old one.
  void mark_grad_used();
  bool grad_is_stale() const { return use_ == Use::stale; }

  /// Overwrites the elements in place; same shape and dtype. Throws ShapeError, DtypeError.
  void assign(const Tensor& value);
  /// Another value (on another device, of another dtype) of the same shape; the gradient is dropped.
  void replace(const Tensor& value);
  /// For optimizers: the value and gradient, to be written in place.
  Tensor& mutable_value() { return value_; }
  Tensor& mutable_grad() { return grad_; }

 private:
  explicit Leaf(const Tensor& value) : value_(value.detach()) {}
  ~Leaf() override = default;
  enum class Use : uint8_t { fresh, used, stale };  // stale: added to after its use
  Tensor value_;
  Tensor grad_;
  Use use_ = Use::fresh;
  std::vector<GradientHook> hooks_;
  std::mutex mutex_;
};

}  // namespace grus
