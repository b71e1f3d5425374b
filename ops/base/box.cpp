#include "ops/base/box.h"

#include "core/tensor/raw.h"
#include "ops/base/launch.h"

namespace grus {
namespace {

const Op crop_op("crop");
const Op place_op("place");

/// Returns the entries of one number an axis.
std::vector<int64_t> of_axes(const std::array<int64_t, max_rank>& numbers, const Box& box) {
  return {numbers.begin(), numbers.begin() + box.shape.rank()};
}

}  // namespace

View box_view(View whole, const Box& box) {
  for (int i = 0; i < box.shape.rank(); ++i) {
    const auto axis = static_cast<size_t>(i);
    whole.offset += box.begin[axis] * whole.strides[i];
    whole.dims[i] = box.shape[i];
    whole.strides[i] *= box.step[axis];
  }
  return whole;
}

void add_box(Input x, const Box& box, const Tensor& gradient) {
  if (!x.wanted()) return;
  if (x.recording()) return x.add(place(place_op, gradient, box, x.shape()));
  Tensor& target = x.zeroed_target();
  const Device device = target.device();
  device.check(
      device.kernels().copy(device.context(), box_view(Raw::write_view(target), box), Raw::view(gradient), true),
      "place");
}

Tensor crop(const Op& op, const Tensor& x, const Box& box) {
  const Device device = x.device();
  Tensor y = Tensor::empty(box.shape, x.dtype(), device);
  device.check(device.kernels().copy(device.context(), Raw::write_view(y), box_view(Raw::view(x), box), false),
               op.name());
  note(op, [&] { return Noted{{"begin", of_axes(box.begin, box)}, {"step", of_axes(box.step, box)}}; });
  return record(op, {x}, y, [box](const Tensor& dy, Input x) { add_box(x, box, dy); });
}

Tensor place(const Op& op, const Tensor& x, const Box& box, const Shape& shape, double value) {
  const Device device = x.device();
  Tensor y = Tensor::full(shape, value, x.dtype(), device);
  device.check(device.kernels().copy(device.context(), box_view(Raw::write_view(y), box), Raw::view(x), false),
               op.name());
  note(op, [&] {
    return Noted{{"begin", of_axes(box.begin, box)}, {"step", of_axes(box.step, box)}, {"value", value}};
  });
  return record(op, {x}, y, [box](const Tensor& dy, Input x) { x.add(crop(crop_op, dy, box)); });
}

}  // namespace grus
