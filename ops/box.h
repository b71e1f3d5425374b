#pragma once
// Crop and place: the two movements that slice, flip, pad, split, concat and their gradients are made of. Each is the
// other's adjoint.
#include <array>

#include "core/tape/record.h"

namespace grus {

/// Part of a larger tensor: its shape, and along each axis where it begins and the distance of its entries (negative:
/// backwards).
struct Box {
  explicit Box(const Shape& whole) : shape(whole) { step.fill(1); }
  Shape shape;
  std::array<int64_t, max_rank> begin{}, step{};
};

/// A copy of the box of x.
Tensor crop(const Op& op, const Tensor& x, const Box& box);
/// A tensor of `shape` filled with `value` but for the box, which is x.
Tensor place(const Op& op, const Tensor& x, const Box& box, const Shape& shape, double value = 0);
/// The box of a view.
View box_view(View whole, const Box& box);
/// Adds to the box of input's gradient.
void add_box(Grads& dx, int input, const Box& box, const Tensor& gradient);

}  // namespace grus
