#include "core/device/precision.h"

#include "core/base/error.h"

namespace grus {

ActivationScope::ActivationScope(Precision precision) : outer_(std::exchange(precision_state::activations, precision)) {
  if (precision != Precision::int8) return;
  precision_state::activations = outer_;
  fail<UsageError>("[activations] need f32, bf16 or f16, got int8, which is for inference");
}

}  // namespace grus
