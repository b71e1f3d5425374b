#pragma once
#include "nn/parameter.h"

namespace grus::optim {

/// A KnownParameter is a parameter as an optimizer or an average was given it, with the leaf that it had then.
struct KnownParameter {
  KnownParameter(std::string name, const nn::Parameter& parameter);
  /// Throws UsageError when tie() or the assignment of a module has put another leaf or parameter in its place.
  void require_unchanged(const char* who) const;
  /// Throws UsageError when `other` is this name too: states go by names.
  void require_other_name(const char* who, const std::string& other) const;

  std::string name;
  nn::Parameter parameter;
  Ref<Leaf> leaf;
};

/// Returns `kept` on the device and in the dtype of `value`, unrecorded; nothing is copied unless the value has moved.
Tensor like(const Tensor& value, const Tensor& kept);

}  // namespace grus::optim
