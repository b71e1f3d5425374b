// Where backward functions put gradients, and how those of one value add up.
#include "core/tape/grads.h"

#include "core/base/error.h"
#include "core/tape/record.h"
#include "core/tensor/raw.h"

namespace grus {
const Op accumulate_op("accumulate");  // of gradients, under create_graph

Tensor recorded_sum(const Tensor& a, const Tensor& b) {
  Tensor y = Tensor::empty(a.shape(), a.dtype(), a.device());
  const Device device = a.device();
  device.check(device.kernels().binary(device.context(), BinaryOp::add, Raw::write_view(y), Raw::view(a), Raw::view(b)),
               "add");
  return record(accumulate_op, {a, b}, y, {}, [](const Saved&, const Tensor& dy, Grads& dx) {
    if (dx.wanted(0)) dx.add(0, dy);
    if (dx.wanted(1)) dx.add(1, dy);
  });
}

void Saved::fail_no_such(size_t i) const {
  fail<UsageError>("[{}] backward asks for saved tensor {}, and {} were saved", op_.name(), i, tensors_.size());
}

void Grads::fail_no_output(int output) const {
  fail<UsageError>("[{}] backward asks for the gradient of output {}, and there are {}", op_.name(), output,
                   dy_.size());
}

void Grads::fail_no_input(int input) const {
  fail<UsageError>("[{}] backward speaks of input {}, and there are {}", op_.name(), input, inputs_.size());
}

void Grads::fail_no_shape(int input) const {
  fail<UsageError>("[{}] backward asks for the shape of input {}, which has no gradient", op_.name(), input);
}

void Grads::require_fit(int input, const Tape::Value& v, const Tensor& gradient) const {
  require(gradient.shape() == v.shape, "[{}] backward made a gradient of shape {} for input {} of shape {}", op_.name(),
          gradient.shape(), input, v.shape);
  require<DtypeError>(gradient.dtype() == v.dtype, "[{}] backward made a gradient of {} for input {} of {}", op_.name(),
                      gradient.dtype(), input, v.dtype);
  require<DeviceError>(gradient.device() == v.device, "[{}] backward made a gradient on {} for input {} on {}",
                       op_.name(), gradient.device(), input, v.device);
}

Tensor Grads::so_far(int input) const {
  const int32_t value = value_of(input);
  return value < 0 ? Tensor() : table_[static_cast<size_t>(value)];
}

void Grads::add(int input, const Tensor& gradient) {
  const int32_t value = value_of(input);
  if (value < 0 || !gradient.defined()) return;
  require_fit(input, tape_.value(value), gradient);
  Tensor& slot = table_[static_cast<size_t>(value)];
  if (!slot.defined()) {
    slot = gradient;
  } else if (recording_ || !Raw::owns_storage_alone(slot)) {
    slot = recorded_sum(slot, gradient);
  } else {
    const Device device = slot.device();
    device.check(device.kernels().copy(device.context(), Raw::write_view(slot), Raw::view(gradient), true), op_.name());
  }
}

Grads::Target Grads::target(int input) {
  require<UsageError>(!recording_, "[{}] target() writes in place, which create_graph cannot record", op_.name());
  const int32_t value = value_of(input);
  require<UsageError>(value >= 0, "[{}] backward asks for the gradient of input {}, which nothing wants", op_.name(),
                      input);
  Tensor& slot = table_[static_cast<size_t>(value)];
  if (!slot.defined()) {
    const Tape::Value& v = tape_.value(value);
    slot = Tensor::empty(v.shape, v.dtype, v.device);
    return {slot, false};
  }
  if (!Raw::owns_storage_alone(slot)) slot = slot.detach().clone();
  return {slot, true};
}

Tensor& Grads::zeroed_target(int input) {
  Target target = this->target(input);
  if (!target.accumulate) {
    const Device device = target.tensor.device();
    device.check(device.kernels().fill(device.context(), Raw::write_view(target.tensor), 0), op_.name());
  }
  return target.tensor;
}

}  // namespace grus
