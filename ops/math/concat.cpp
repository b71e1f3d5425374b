// shape.h declares concat and stack.
#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/box.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

const Op concat_op("concat");

/// The closure of a concat lies in the tape's arena: count, axis, the size of each piece.
void concat_backward(const void* closure, const Saved&, Grads& dx) {
  const auto* attributes = static_cast<const int64_t*>(closure);
  const int64_t *sizes = attributes + 2, axis = attributes[1];
  int64_t begin = 0;
  for (size_t i = 0; i < static_cast<size_t>(attributes[0]); ++i) {
    const int64_t end = begin + sizes[i];
    if (dx.wanted(i)) dx.add(i, slice(dx.dy()[0], static_cast<int>(axis), begin, end));
    begin = end;
  }
}

Shape joined_shape(std::span<const Tensor> xs, int axis) {
  Shape shape = xs[0].shape();
  shape[axis] = 0;
  for (size_t i = 0; i < xs.size(); ++i) {
    require_same_kind("concat", xs[0], xs[i]);
    require(xs[i].rank() == shape.rank() && xs[i].shape().without(axis) == shape.without(axis),
            "[concat] need shapes that agree except along axis {}, got {} and, at {}, {}", axis, xs[0].shape(), i,
            xs[i].shape());
    shape[axis] = sum_of_sizes(shape[axis], xs[i].dim(axis), "concat");
  }
  return shape;
}

}  // namespace

Tensor concat(std::span<const Tensor> xs, int axis) {
  require<UsageError>(!xs.empty(), "[concat] need at least one tensor, got none");
  require<UsageError>(xs[0].defined(), "[concat] need tensors, got an undefined one");
  axis = normalize_axis(axis, xs[0].rank(), "concat");
  Tensor y = Tensor::empty(joined_shape(xs, axis), xs[0].dtype(), xs[0].device());
  const Device device = y.device();
  std::vector<int64_t> attributes{static_cast<int64_t>(xs.size()), axis};
  Box box(y.shape());
  for (const Tensor& x : xs) {
    box.shape = x.shape();
    device.check(device.kernels().copy(device.context(), box_view(Raw::write_view(y), box), Raw::view(x), false),
                 "concat");
    box.begin[static_cast<size_t>(axis)] += x.dim(axis);
    attributes.push_back(x.dim(axis));
  }
  const std::vector<TensorArg> inputs(xs.begin(), xs.end());
  note(concat_op, [&] { return Noted{{"axis", axis}}; });
  if (Tape* tape = Tape::recording(concat_op, inputs))
    tape->push(concat_op, inputs, {&y, 1}, {}, concat_backward, attributes.data(), attributes.size() * sizeof(int64_t));
  return y;
}

Tensor concat(std::initializer_list<Tensor> xs, int axis) {
  return concat(std::span<const Tensor>(xs.begin(), xs.size()), axis);
}

Tensor stack(std::span<const Tensor> xs, int axis) {
  require<UsageError>(!xs.empty(), "[stack] need at least one tensor, got none");
  require<UsageError>(xs[0].defined(), "[stack] need tensors, got an undefined one");
  axis = normalize_axis(axis, xs[0].rank() + 1, "stack");
  std::vector<Tensor> pieces;
  for (const Tensor& x : xs) {
    require_same_kind("stack", xs[0], x);
    require(x.shape() == xs[0].shape(), "[stack] need tensors of one shape, got {} and {}", xs[0].shape(), x.shape());
    pieces.push_back(unsqueeze(x, axis));
  }
  return concat(pieces, axis);
}

Tensor stack(std::initializer_list<Tensor> xs, int axis) {
  return stack(std::span<const Tensor>(xs.begin(), xs.size()), axis);
}

}  // namespace grus
