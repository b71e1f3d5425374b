// Where backward functions put gradients, and how those of one value add up.
#include "core/base/error.h"
#include "core/tape/tape.h"
#include "core/tape/tape_parts.h"

namespace grus {
namespace {

const Op accumulate_op("accumulate");  // of gradients, under create_graph
const Op place_rows_op("place_rows");

}  // namespace

/// a + b as a recorded op, so that gradients of gradients see the accumulation.
Tensor recorded_sum(const Tensor& a, const Tensor& b) {
  Tensor y = Tensor::empty(a.shape(), a.dtype(), a.device());
  const Device device = a.device();
  device.check(device.kernels().binary(device.context(), BinaryOp::add, y.write_view(), a.view(), b.view()), "add");
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

void Grads::add(int input, const Tensor& gradient) {
  const int32_t value = value_of(input);
  if (value < 0 || !gradient.defined()) return;
  tape_.require_like_value(op_, input, value, gradient);
  Tensor& slot = table_[static_cast<size_t>(value)];
  if (!slot.defined()) {
    slot = gradient;
  } else if (recording_ || !slot.owns_storage_alone()) {
    slot = recorded_sum(slot, gradient);
  } else {
    const Device device = slot.device();
    device.check(device.kernels().copy(device.context(), slot.write_view(), gradient.view(), true), op_.name());
  }
}

Grads::Target Grads::target(int input) {
  require<UsageError>(!recording_, "[{}] target() writes in place, which create_graph cannot record", op_.name());
  const int32_t value = value_of(input);
  require<UsageError>(value >= 0, "[{}] backward asks for the gradient of input {}, which nothing wants", op_.name(),
                      input);
  Tensor& slot = table_[static_cast<size_t>(value)];
  if (!slot.defined()) {
    slot = tape_.empty_like_value(value);
    return {slot, false};
  }
  if (!slot.owns_storage_alone()) slot = slot.clone();
  return {slot, true};
}

Tensor& Grads::zeroed_target(int input) {
  Target target = this->target(input);
  if (!target.accumulate) {
    const Device device = target.tensor.device();
    device.check(device.kernels().fill(device.context(), target.tensor.write_view(), 0), op_.name());
  }
  return target.tensor;
}

namespace {

/// Zeros of `shape` with gradient in rows [begin, ...): the adjoint of taking rows, and its own adjoint is taking rows.
Tensor recorded_placement(const Shape& shape, int64_t begin, const Tensor& gradient) {
  Tensor y = Tensor::zeros(shape, gradient.dtype(), gradient.device());
  const int64_t end = begin + gradient.dim(0);
  const Device device = y.device();
  device.check(
      device.kernels().copy(device.context(), y.unrecorded_rows(begin, end).write_view(), gradient.view(), false),
      "place_rows");
  return record(place_rows_op, {gradient}, y, {},
                [begin, end](const Saved&, const Tensor& dy, Grads& dx) { dx.add(0, dy.rows(begin, end)); });
}

}  // namespace

void Grads::add_rows_at(int input, int64_t begin, const Tensor& gradient) {
  const int32_t value = value_of(input);
  if (value < 0) return;
  if (recording_) return add(input, recorded_placement(tape_.shape_of(value), begin, gradient));
  Tensor part = zeroed_target(input).unrecorded_rows(begin, begin + gradient.dim(0));
  const Device device = part.device();
  device.check(device.kernels().copy(device.context(), part.write_view(), gradient.view(), true), op_.name());
}

}  // namespace grus
