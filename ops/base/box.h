#pragma once
// Slice, flip, pad, split, concat and their gradients are made of two movements, crop and place. Each is the other's
// adjoint.
#include <array>

#include "core/record/record.h"

namespace grus {

/// A Box is a part of a larger tensor: its shape and, along each axis, where it begins and the distance between its
/// entries (negative: backwards).
struct Box {
  explicit Box(const Shape& whole) : shape(whole) { step.fill(1); }
  Shape shape;
  std::array<int64_t, max_rank> begin{}, step{};
};

/// y = a copy of the box of x.
Tensor crop(const Op& op, const Tensor& x, const Box& box);
/// y = a tensor of `shape` whose box is x and whose other elements are `value`.
Tensor place(const Op& op, const Tensor& x, const Box& box, const Shape& shape, double value = 0);
/// Returns the box of a view.
View box_view(View whole, const Box& box);
/// Adds `gradient` to the box of x's gradient.
void add_box(Input x, const Box& box, const Tensor& gradient);

}  // namespace grus
