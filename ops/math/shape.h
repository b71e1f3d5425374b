#pragma once
// These ops move elements. Each copies once, but reshape, x[t] and x.rows() copy nothing. They take any dtype; errors
// are ShapeErrors. Ops whose first argument is one tensor are methods as well, but for pad, which PyTorch has as no
// method, and repeat, whose name PyTorch gives to tile.
// Sources: shape.cpp, concat.cpp, unfold.cpp.
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/base/axes.h"
#include "core/tensor/tensor.h"

namespace grus {

inline Tensor reshape(const Tensor& x, const Shape& shape) { return x.reshape(shape); }
inline Tensor reshape(const Tensor& x, std::initializer_list<int64_t> dims) { return x.reshape(dims); }
inline Tensor clone(const Tensor& x) { return x.clone(); }
inline Tensor detach(const Tensor& x) { return x.detach(); }

/// Axis i of y is axis order[i] of x.
Tensor permute(const Tensor& x, const Axes& order);
/// Exchanges two axes.
Tensor transpose(const Tensor& x, int axis_a = -2, int axis_b = -1);

/// y = x[begin:end:step] along `axis`, step >= 1. Negative begin and end count from the end, both are clipped as in
/// Python, and a missing end is the axis' size. Along axis 0 with step 1 nothing is copied. x.rows() and x.columns(),
/// which take a part of the first and the last axis, throw for what is out of range.
Tensor slice(const Tensor& x, int axis, int64_t begin, std::optional<int64_t> end = std::nullopt, int64_t step = 1);

/// Joins tensors along an existing (concat) or a new (stack) axis; the other sizes agree.
Tensor concat(std::span<const Tensor> xs, int axis = 0);
Tensor concat(std::initializer_list<Tensor> xs, int axis = 0);
Tensor stack(std::span<const Tensor> xs, int axis = 0);
Tensor stack(std::initializer_list<Tensor> xs, int axis = 0);

/// Cuts x along `axis`. split makes parts of the given sizes, which add up to x's; chunk makes `count` parts of equal
/// size, the last ones smaller when `count` does not divide x's size.
[[nodiscard]] std::vector<Tensor> split(const Tensor& x, std::span<const int64_t> sizes, int axis = 0);
[[nodiscard]] std::vector<Tensor> split(const Tensor& x, std::initializer_list<int64_t> sizes, int axis = 0);
[[nodiscard]] std::vector<Tensor> chunk(const Tensor& x, int64_t count, int axis = 0);

/// Puts `value` before and after each of the last padding.size() axes. A pair {before, after} belongs to one axis, the
/// first pair to the first of these axes.
Tensor pad(const Tensor& x, std::initializer_list<std::pair<int64_t, int64_t>> padding, double value = 0);

/// Repeats each entry along `axis` `times` times in a row, as NumPy's repeat: a b -> a a b b.
Tensor repeat(const Tensor& x, int64_t times, int axis);
/// Repeats the whole of x `times` times along `axis`: a b -> a b a b.
Tensor tile(const Tensor& x, int64_t times, int axis);
/// Reverses the order of entries along axes; none given means all.
Tensor flip(const Tensor& x, const Axes& axes);

/// y_i = x_{i - shift} along `axis`, counted around the end: shift 1 moves the last entry to the front.
Tensor roll(const Tensor& x, int64_t shift, int axis);
/// y[..., i, ..., j] = x[..., i step + j, ...]: the windows of `size` entries along `axis`, begun every `step`; the
/// entries of a window are the last axis. The gradient adds where windows overlap. Throws UsageError unless 1 <= step
/// and 0 <= size, at most that of the axis.
Tensor unfold(const Tensor& x, int axis, int64_t size, int64_t step);
/// y = zeros with `length` entries along `axis`, to which every window of x is added where unfold would take it from:
/// the adjoint of unfold.   x's last axis holds the entries of a window, its axis `axis` the windows.
Tensor overlap_add(const Tensor& x, int axis, int64_t step, int64_t length);

/// Broadcasts x to a given shape by NumPy's rule.
Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// Drops the named axes of size 1; none given means all of size 1.
Tensor squeeze(const Tensor& x, const Axes& axes = {});
/// Puts a new axis of size 1 before `axis`.
Tensor unsqueeze(const Tensor& x, int axis);
/// Makes axes [first, last] one axis.
Tensor flatten(const Tensor& x, int first = 0, int last = -1);

}  // namespace grus
