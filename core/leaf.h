#pragma once
// A leaf: a value that training changes, and the gradient that tapes add up for it.
#include <atomic>
#include <mutex>

#include "core/tensor.h"

namespace grus {

class Leaf {
 public:
  static Ref<Leaf> create(const Tensor& value) { return Ref<Leaf>::adopt(new Leaf(value)); }

  /// The value as an input of ops: tapes give it a gradient while requires_grad is set.
  Tensor tensor() const;
  /// The value alone: a tensor that no tape follows.
  const Tensor& value() const { return value_; }
  /// Undefined until a backward pass reached this leaf.
  const Tensor& grad() const { return grad_; }
  void set_grad(Tensor grad);
  void zero_grad() { grad_ = Tensor(); }
  /// grad += gradient. Safe to call from several threads.
  void accumulate(Tensor gradient);

  /// Overwrites the elements in place; same shape and dtype. Throws ShapeError, DtypeError.
  void assign(const Tensor& value);
  /// Replaces the memory (another device); shape and dtype stay.
  void replace(const Tensor& value);
  /// For optimizers: the value and gradient, to be written in place.
  Tensor& mutable_value() { return value_; }
  Tensor& mutable_grad() { return grad_; }

  bool requires_grad = true;

  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  explicit Leaf(const Tensor& value) : value_(value.detach()) {}
  ~Leaf() = default;
  Tensor value_;
  Tensor grad_;
  std::mutex mutex_;
  std::atomic<int32_t> references_{1};
};

}  // namespace grus
