#pragma once
#include "nn/parameter.h"

namespace grus::optim {

/// A parameter as an optimizer or an average was given it, with the leaf that it had then.
struct KnownParameter {
  KnownParameter(std::string name, const nn::Parameter& parameter);
  /// Throws UsageError when tie() or the assignment of a module has put another leaf or parameter in its place.
  void require_unchanged(const char* who) const;
  /// Throws UsageError: states go by names.
  void require_other_name(const char* who, const std::string& other) const;

  std::string name;
  nn::Parameter parameter;
  Ref<Leaf> leaf;
};

/// `kept` on the device of `value` and in its dtype, not recorded: itself, unless the value has moved since.
Tensor like(const Tensor& value, const Tensor& kept);

}  // namespace grus::optim
