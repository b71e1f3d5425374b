// shape.h declares roll, unfold and overlap_add.
#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

const Op roll_op("roll");
const Op unfold_op("unfold");
const Op overlap_add_op("overlap_add");

/// Returns x's memory as windows along `axis`, whose entries are an axis behind the others.
View windows_of(View x, int axis, int64_t count, int64_t size, int64_t step) {
  x.dims[x.rank] = size;
  x.strides[x.rank++] = x.strides[axis];
  x.dims[axis] = count;
  x.strides[axis] *= step;
  return x;
}

/// Returns entries [begin, end) of an axis.
View part(View x, int axis, int64_t begin, int64_t end) {
  x.offset += begin * x.strides[axis];
  x.dims[axis] = end - begin;
  return x;
}
View at(const View& x, int axis, int64_t i) { return part(x, axis, i, i + 1); }

void copy(Device device, const View& y, const View& x, bool accumulate, const char* op) {
  device.check(device.kernels().copy(device.context(), y, x, accumulate), op);
}

int64_t count_of(int64_t length, int64_t size, int64_t step) { return (length - size) / step + 1; }

}  // namespace

Tensor roll(const Tensor& x, int64_t shift, int axis) {
  require<UsageError>(x.defined(), "[roll] need a tensor, got an undefined one");
  axis = normalize_axis(axis, x.rank(), "roll");
  const int64_t size = x.dim(axis);
  const int64_t by = size == 0 ? 0 : (shift % size + size) % size;
  if (by == 0) return x;
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  const View from = Raw::view(x), to = Raw::write_view(y);
  if (x.numel() > 0) {
    copy(x.device(), part(to, axis, 0, by), part(from, axis, size - by, size), false, "roll");
    copy(x.device(), part(to, axis, by, size), part(from, axis, 0, size - by), false, "roll");
  }
  if (const auto known = Raw::known_range(x); known && !is_float(x.dtype())) Raw::know_range(y, *known);
  note(roll_op, [&] { return Noted{{"shift", by}, {"axis", axis}}; });
  return record(roll_op, {x}, y, [by, axis](const Tensor& dy, Input x) { x.add(roll(dy, -by, axis)); });
}

Tensor unfold(const Tensor& x, int axis, int64_t size, int64_t step) {
  require<UsageError>(x.defined(), "[unfold] need a tensor, got an undefined one");
  axis = normalize_axis(axis, x.rank(), "unfold");
  require(x.rank() < max_rank, "[unfold] need at most {} axes, got {}", max_rank - 1, x.shape());
  const int64_t length = x.dim(axis);
  require<UsageError>(step >= 1 && size >= 0 && size <= length,
                      "[unfold] need a step of at least 1 and a size in [0, {}], got step {} and size {}", length, step,
                      size);
  const int64_t count = count_of(length, size, step);
  Shape shape = x.shape().with(axis, count);
  shape.push_back(size);
  Tensor y = Tensor::empty(shape, x.dtype(), x.device());
  if (y.numel() > 0)
    copy(x.device(), Raw::write_view(y), windows_of(Raw::view(x), axis, count, size, step), false, "unfold");
  note(unfold_op, [&] { return Noted{{"axis", axis}, {"size", size}, {"step", step}}; });
  return record(unfold_op, {x}, y,
                [axis, step, length](const Tensor& dy, Input x) { x.add(overlap_add(dy, axis, step, length)); });
}

Tensor overlap_add(const Tensor& x, int axis, int64_t step, int64_t length) {
  constexpr const char* op = "overlap_add";
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
  require_number(op, x);
  require(x.rank() >= 2, "[{}] need windows along an axis and their entries along the last, got {}", op, x.shape());
  axis = normalize_axis(axis, x.rank() - 1, op);
  const int64_t count = x.dim(axis), size = x.dim(-1);
  require<UsageError>(
      step >= 1 && length >= size && count == count_of(length, size, step),
      "[{}] need a step of at least 1 and a length that has {} windows of {}, got step {} and length {}", op, count,
      size, step, length);
  Tensor y = Tensor::zeros(x.shape().without(x.rank() - 1).with(axis, length), x.dtype(), x.device());
  if (x.numel() > 0) {
    const View from = Raw::view(x), to = windows_of(Raw::write_view(y), axis, count, size, step);
    // Within one place of all windows nothing overlaps, and neither does it within one window.
    const int along = size <= count ? x.rank() - 1 : axis;
    for (int64_t i = 0; i < from.dims[along]; ++i) copy(x.device(), at(to, along, i), at(from, along, i), true, op);
  }
  return record(overlap_add_op, {x}, y,
                [axis, step, size](const Tensor& dy, Input x) { x.add(unfold(dy, axis, size, step)); });
}

}  // namespace grus
