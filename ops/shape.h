#pragma once
// Ops that move elements: each copies once (reshape, x[t] and x.rows() are free). Any dtype; errors are ShapeErrors.
// Those whose first argument is one tensor are methods as well, but for pad, which is none of PyTorch's, and repeat,
// whose name PyTorch gives to tile.
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
/// Two axes exchanged.
Tensor transpose(const Tensor& x, int axis_a = -2, int axis_b = -1);

/// Entries begin, begin + step, ... below end along `axis`. Negative begin and end count from the end; both are clipped
/// as in Python; no end: to the end. step >= 1. Along axis 0 with step 1 nothing is copied. (x.rows() and x.columns()
/// take a part of the first and the last axis, and throw for what is out of range.)
Tensor slice(const Tensor& x, int axis, int64_t begin, std::optional<int64_t> end = std::nullopt, int64_t step = 1);

/// Joined along an existing (concat) or a new (stack) axis; the other sizes agree.
Tensor concat(std::span<const Tensor> xs, int axis = 0);
Tensor concat(std::initializer_list<Tensor> xs, int axis = 0);
Tensor stack(std::span<const Tensor> xs, int axis = 0);
Tensor stack(std::initializer_list<Tensor> xs, int axis = 0);

/// Parts of the given sizes, which add up to x's; `chunk`: `count` parts of equal size, the last ones smaller when it
/// does not divide.
[[nodiscard]] std::vector<Tensor> split(const Tensor& x, std::span<const int64_t> sizes, int axis = 0);
[[nodiscard]] std::vector<Tensor> split(const Tensor& x, std::initializer_list<int64_t> sizes, int axis = 0);
[[nodiscard]] std::vector<Tensor> chunk(const Tensor& x, int64_t count, int axis = 0);

/// `value` before and after each of the last padding.size() axes; first pair: first of these axes.
Tensor pad(const Tensor& x, std::initializer_list<std::pair<int64_t, int64_t>> padding, double value = 0);

/// Each entry along `axis` `times` times in a row (NumPy's repeat): a b -> a a b b.
Tensor repeat(const Tensor& x, int64_t times, int axis);
/// The whole, `times` times along `axis`: a b -> a b a b.
Tensor tile(const Tensor& x, int64_t times, int axis);
/// The order of entries reversed along axes (none given: all).
Tensor flip(const Tensor& x, const Axes& axes);

/// NumPy's rule, to a given shape.
Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// Without the size-1 axes named (none given: all of them); with a new one before `axis`.
Tensor squeeze(const Tensor& x, const Axes& axes = {});
Tensor unsqueeze(const Tensor& x, int axis);
/// Axes [first, last] as one.
Tensor flatten(const Tensor& x, int first = 0, int last = -1);

}  // namespace grus
