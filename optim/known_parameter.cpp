#include "optim/known_parameter.h"

#include "core/tensor/raw.h"

namespace grus::optim {

KnownParameter::KnownParameter(std::string name, const nn::Parameter& parameter)
    : name(std::move(name)), parameter(parameter), leaf(Ref<Leaf>::share(&parameter.leaf())) {}

void KnownParameter::require_unchanged(const char* who) const {
  require<UsageError>(
      parameter.identity() == leaf.get(),
      "[{}] need the parameters as they were when it was made, got another in the place of '{}': tie first", who, name);
  require<UsageError>(
      !parameter.was_replaced(),
      "[{}] need parameters that modules still have, got '{}' of one that was replaced: make it after that", who, name);
}

void KnownParameter::require_other_name(const char* who, const std::string& other) const {
  require<UsageError>(name != other,
                      "[{}] need a name of its own for each parameter, as its state goes by names, got '{}' twice", who,
                      name);
}

Tensor like(const Tensor& value, const Tensor& kept) {
  if (kept.dtype() == value.dtype()) return kept.to(value.device());
  Tensor cast = Tensor::empty(kept.shape(), value.dtype(), kept.device());
  const Device device = kept.device();
  device.check(device.kernels().copy(device.context(), Raw::write_view(cast), Raw::view(kept), false), "cast");
  return cast.to(value.device());
}

}  // namespace grus::optim
