#pragma once
// A parameter is a handle to a slot that a module registered; the slot holds the leaf. Tying changes the slot and
// moving to a device changes the leaf, so no handle keeps an old value. The leaf is the parameter's identity() for
// optimizers, clipping and counts.
#include <memory>
#include <string>
#include <vector>

#include "core/tensor/leaf.h"

namespace grus::nn {

class [[nodiscard]] Parameter {
 public:
  /// Makes an absent parameter, as a bias may be. It converts to an undefined Tensor.
  Parameter() = default;
  /// Takes the tensor over. Memory that others hold too is copied, because training writes in place.
  explicit Parameter(Tensor value);
  /// Makes another handle to the slot or, while Module::clone runs, a handle to the slot's copy.
  Parameter(const Parameter& other);
  Parameter(Parameter&&) noexcept = default;
  /// Copy assignment would leave a module with a parameter that it never registered. tie() makes one parameter of two,
  /// assign() copies values.
  Parameter& operator=(const Parameter& other) = delete;
  /// Moves into members that a constructor sets, or with the assignment of a whole module. Throws UsageError for a
  /// member whose module keeps what it registered.
  Parameter& operator=(Parameter&& other);  // NOLINT(performance-noexcept-move-constructor)

  bool defined() const { return slot_ != nullptr; }
  /// Returns the value as ops take it: tapes give it a gradient. Throws UsageError when a tape records a module's call
  /// and no module registered this parameter.
  operator Tensor() const { return tensor(); }
  Tensor tensor() const {
    if (!slot_) return {};
    if (slot_->place != Place::registered) [[unlikely]]
      require_use_outside_modules();
    return slot_->leaf->tensor();
  }
  /// Gives a tensor's methods: weight->sum(), weight->reshape({-1}), recorded as those of tensor().
  class Members {
   public:
    explicit Members(Tensor tensor) : tensor_(std::move(tensor)) {}
    const Tensor* operator->() const { return &tensor_; }

   private:
    Tensor tensor_;
  };
  Members operator->() const { return Members(tensor()); }
  /// Returns the value alone, which no tape follows.
  const Tensor& value() const { return leaf().value(); }
  const Tensor& grad() const { return leaf().grad(); }
  const Shape& shape() const { return value().shape(); }
  int64_t dim(int axis) const { return value().dim(axis); }
  int64_t numel() const { return value().numel(); }
  /// Overwrites the elements. Throws ShapeError, DtypeError, DeviceError unless shape, dtype and device agree.
  void assign(const Tensor& value) const { leaf().assign(value); }
  void zero_grad() const { leaf().zero_grad(); }
  bool requires_grad() const { return leaf().requires_grad; }
  void set_requires_grad(bool on) const { leaf().requires_grad = on; }

  /// Returns the leaf. Throws UsageError for an absent parameter.
  Leaf& leaf() const;
  const Leaf* identity() const { return slot_ ? slot_->leaf.get() : nullptr; }
  /// Tells whether another module was assigned to the one that registered it.
  bool was_replaced() const { return slot_ && slot_->place == Place::replaced; }

 private:
  friend void tie(const Parameter& keep, Parameter& drop);
  friend class CloneScope;
  friend class ModuleBase;
  friend struct NamedParameter;
  enum class Place : uint8_t { free, registered, replaced };
  struct Slot {
    Ref<Leaf> leaf;
    Place place = Place::free;
  };
  void require_use_outside_modules() const;
  std::shared_ptr<Slot> slot_;
  bool member_ = false;  // whether it is the module's own handle, which param() gave, and not a copy
};

/// Makes `drop` be `keep` from now on: one value, one gradient, two names. Throws UsageError when shapes or dtypes
/// differ.
void tie(const Parameter& keep, Parameter& drop);

struct NamedParameter {
  NamedParameter(std::string name, Parameter parameter) : name(std::move(name)), parameter(std::move(parameter)) {}
  NamedParameter(const NamedParameter&) = default;
  NamedParameter(NamedParameter&&) noexcept = default;
  /// Assignment makes this entry of a list name another parameter.
  NamedParameter& operator=(NamedParameter other) noexcept {
    name.swap(other.name);
    parameter.slot_.swap(other.parameter.slot_);
    return *this;
  }
  ~NamedParameter() = default;

  std::string name;
  Parameter parameter;
};
/// Optimizers and clipping take this ordered list.
using Parameters = std::vector<NamedParameter>;

struct NamedTensor {
  std::string name;
  Tensor tensor;
};
/// An ordered list of names and values: a module's state, an optimizer's state, a file's content.
using NamedTensors = std::vector<NamedTensor>;

/// Returns the tensor called `name`, or null.
const Tensor* find(const NamedTensors& tensors, std::string_view name);
/// Returns "; missing: a, b and 3 more", for errors; "" for no names.
std::string list_names(const char* title, const std::vector<std::string>& names);

/// While a CloneScope lives, copies of parameters and modules on this thread clone what these refer to, once each
/// (Module::clone).
class CloneScope {
 public:
  CloneScope();
  ~CloneScope();
  CloneScope(const CloneScope&) = delete;
  CloneScope& operator=(const CloneScope&) = delete;

  static CloneScope* active();
  /// Returns the copy of *original, which `make(*original)` makes the first time it is asked for.
  template <class T, class Make>
  std::shared_ptr<T> copy_of(const std::shared_ptr<T>& original, Make make) {
    if (!original) return nullptr;
    if (std::shared_ptr<void> known = find_copy(original.get())) return std::static_pointer_cast<T>(known);
    std::shared_ptr<T> copy = make(*original);
    remember(original.get(), copy);
    return copy;
  }

 private:
  friend class Parameter;
  std::shared_ptr<Parameter::Slot> copy_slot(const std::shared_ptr<Parameter::Slot>& slot);
  std::shared_ptr<void> find_copy(const void* original) const;
  void remember(const void* original, std::shared_ptr<void> copy);

  struct Copies;
  std::unique_ptr<Copies> copies_;
  CloneScope* outer_;
};

}  // namespace grus::nn
