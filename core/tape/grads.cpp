// Gradients of backward functions are added up here, value by value.
#include "core/tape/grads.h"

#include <utility>

#include "core/base/error.h"
#include "core/tensor/raw.h"

namespace grus {
const Op accumulate_op("accumulate");  // the sum of gradients that meet, recorded under create_graph

Tensor recorded_sum(const Tensor& a, const Tensor& b) {
  Tensor y = Tensor::empty(a.shape(), a.dtype(), a.device());
  const Device device = a.device();
  device.check(device.kernels().binary(device.context(), BinaryOp::add, Raw::write_view(y), Raw::view(a), Raw::view(b)),
               "add");
  const TensorArg inputs[] = {a, b};
  const auto rule = [](const void*, const Saved&, Grads& dx) {
    dx.add(0, dx.dy(0));
    dx.add(1, dx.dy(0));
  };
  if (Tape* const tape = Tape::recording(accumulate_op, inputs))
    tape->push(accumulate_op, inputs, {&y, 1}, {}, rule, nullptr, 0);
  return y;
}

void Grads::fail_unwanted(size_t input, const char* what) const {
  fail<UsageError>("[{}] backward asks for the {} of input {}, which nothing wants", op_.name(), what, input);
}

void Grads::fail_fit(size_t input, const Tensor& gradient) const {
  const Tape::Value& v = tape_.value(value_of(input));
  require(gradient.shape() == v.shape, "[{}] backward made a gradient of shape {} for input {} of shape {}", op_.name(),
          gradient.shape(), input, v.shape);
  require<DtypeError>(gradient.dtype() == v.dtype, "[{}] backward made a gradient of {} for input {} of {}", op_.name(),
                      gradient.dtype(), input, v.dtype);
  fail<DeviceError>("[{}] backward made a gradient on {} for input {} on {}", op_.name(), gradient.device(), input,
                    v.device);
}

Tensor Grads::so_far(size_t input) const {
  const int32_t value = value_of(input);
  return value < 0 ? Tensor() : table_[static_cast<size_t>(value)];
}

Tensor Grads::take(size_t input) {
  const int32_t value = value_of(input);
  return value < 0 ? Tensor() : std::exchange(table_[static_cast<size_t>(value)], Tensor());
}

bool Grads::add_of_shape(size_t input, const Tensor& gradient) {
  const int32_t value = value_of(input);
  if (value < 0 || !gradient.defined()) return true;
  const Tape::Value& v = tape_.value(value);
  if (gradient.shape() != v.shape) return false;
  if (gradient.dtype() != v.dtype || gradient.device() != v.device) [[unlikely]]
    fail_fit(input, gradient);
  Tensor& slot = table_.data()[value];  // it has a place for each value
  if (!slot.defined()) {
    slot = gradient;
  } else if (recording_ || !Raw::owns_storage_alone(slot)) {
    slot = recorded_sum(slot, gradient);
  } else {
    const Device device = slot.device();
    device.check(device.kernels().copy(device.context(), Raw::write_view(slot), Raw::view(gradient), true), op_.name());
  }
  return true;
}

Grads::Target Grads::target(size_t input) {
  require<UsageError>(!recording_, "[{}] target() writes in place, which create_graph cannot record", op_.name());
  const int32_t value = value_of(input);
  if (value < 0) fail_unwanted(input, "gradient");
  Tensor& slot = table_[static_cast<size_t>(value)];
  if (!slot.defined()) {
    const Tape::Value& v = tape_.value(value);
    slot = Tensor::empty(v.shape, v.dtype, v.device);
    return {slot, false};
  }
  if (!Raw::owns_storage_alone(slot)) slot = slot.detach().clone();
  return {slot, true};
}

Tensor Grads::in_place_of(const Tensor& saved) const {
  return consumes_ && Raw::owns_storage_alone(saved) ? saved.detach()
                                                     : Tensor::empty(saved.shape(), saved.dtype(), saved.device());
}

Tensor& Grads::zeroed_target(size_t input) {
  Target target = this->target(input);
  if (!target.accumulate) {
    const Device device = target.tensor.device();
    device.check(device.kernels().fill(device.context(), Raw::write_view(target.tensor), 0), op_.name());
  }
  return target.tensor;
}

}  // namespace grus
