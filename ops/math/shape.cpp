#include "ops/math/shape.h"

#include <algorithm>
#include <numeric>

#include "core/record/record.h"
#include "ops/base/box.h"
#include "ops/base/launch.h"
#include "ops/math/accumulate.h"

namespace grus {
namespace {

const Op permute_op("permute");
const Op slice_op("slice");
const Op pad_op("pad");
const Op flip_op("flip");
const Op broadcast_to_op("broadcast_to");

void require_defined(const char* op, const Tensor& x) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
}

}  // namespace

Tensor permute(const Tensor& x, const Axes& order) {
  require_defined("permute", x);
  require(order.size() == x.rank(), "[permute] need every axis of {} once, got {} axes", x.shape(), order.size());
  order.mask(x.rank(), "permute");  // throws for an axis named twice
  std::array<int, max_rank> forward{}, inverse{};
  bool same = true;
  for (int i = 0; i < x.rank(); ++i) {
    const int axis = normalize_axis(order[i], x.rank(), "permute");
    forward[static_cast<size_t>(i)] = axis;
    inverse[static_cast<size_t>(axis)] = i;
    same &= axis == i;
  }
  if (same) return x;
  const auto rank = static_cast<size_t>(x.rank());
  note(permute_op, [&] { return Noted{{"order", std::vector<int64_t>(forward.begin(), forward.begin() + x.rank())}}; });
  return record(
      permute_op, {x}, launch::permuted(x, {forward.data(), rank}),
      [inverse, rank](const Tensor& dy, Input x) { x.add(permute(dy, std::span<const int>(inverse.data(), rank))); });
}

Tensor transpose(const Tensor& x, int axis_a, int axis_b) {
  require_defined("transpose", x);
  std::array<int, max_rank> order{};
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<size_t>(normalize_axis(axis_a, x.rank(), "transpose"))],
            order[static_cast<size_t>(normalize_axis(axis_b, x.rank(), "transpose"))]);
  return permute(x, std::span<const int>(order.data(), static_cast<size_t>(x.rank())));
}

Tensor slice(const Tensor& x, int axis, int64_t begin, std::optional<int64_t> end, int64_t step) {
  require_defined("slice", x);
  axis = normalize_axis(axis, x.rank(), "slice");
  require<UsageError>(step >= 1, "[slice] need a step of at least 1, got {}", step);
  const int64_t size = x.dim(axis);
  const auto clip = [size](int64_t i) { return std::clamp(i < 0 ? i + size : i, int64_t{0}, size); };
  const int64_t first = clip(begin), last = std::max(first, clip(end.value_or(size)));
  if (first == 0 && last == size && step == 1) return x;
  if (axis == 0 && step == 1) return x.rows(first, last);
  Box box(x.shape());
  box.shape[axis] = last > first ? (last - first - 1) / step + 1 : 0;
  box.begin[static_cast<size_t>(axis)] = first;
  step = std::min(step, std::max<int64_t>(size, 1));  // no step is taken from a single entry
  box.step[static_cast<size_t>(axis)] = step;
  return crop(slice_op, x, box);
}

Tensor Tensor::columns(int64_t begin, std::optional<int64_t> end) const {
  require_defined("columns");
  require(rank() >= 1, "[columns] need at least one axis, got shape {}", shape_);
  const int64_t count = shape_.back(), asked = end.value_or(count);
  const int64_t first = begin < 0 ? begin + count : begin, last = asked < 0 ? asked + count : asked;
  require(first >= 0 && first <= last && last <= count, "[columns] need 0 <= begin <= end <= {}, got {} and {}", count,
          begin, asked);
  return grus::slice(*this, -1, first, last);
}

std::vector<Tensor> split(const Tensor& x, std::span<const int64_t> sizes, int axis) {
  require_defined("split", x);
  axis = normalize_axis(axis, x.rank(), "split");
  int64_t total = 0;
  for (const int64_t size : sizes) {
    require<UsageError>(size >= 0, "[split] need sizes of at least 0, got {}", size);
    total = sum_of_sizes(total, size, "split");
  }
  require(total == x.dim(axis), "[split] need sizes that add up to axis {} of {}, got a sum of {}", axis, x.shape(),
          total);
  std::vector<Tensor> parts;
  int64_t begin = 0;
  for (const int64_t size : sizes) {
    parts.push_back(slice(x, axis, begin, begin + size));
    begin += size;
  }
  return parts;
}

std::vector<Tensor> split(const Tensor& x, std::initializer_list<int64_t> sizes, int axis) {
  return split(x, std::span<const int64_t>(sizes.begin(), sizes.size()), axis);
}

std::vector<Tensor> chunk(const Tensor& x, int64_t count, int axis) {
  require_defined("chunk", x);
  require<UsageError>(count >= 1, "[chunk] need a count of at least 1, got {}", count);
  const int64_t size = x.dim(normalize_axis(axis, x.rank(), "chunk")), part = size / count + (size % count != 0);
  std::vector<int64_t> sizes;
  for (int64_t i = 0, left = size; i < count; ++i, left -= sizes.back()) sizes.push_back(std::min(left, part));
  return split(x, sizes, axis);
}

Tensor pad(const Tensor& x, std::initializer_list<std::pair<int64_t, int64_t>> padding, double value) {
  require_defined("pad", x);
  const int count = static_cast<int>(padding.size());
  require(count <= x.rank(), "[pad] need at most one pair an axis of {}, got {}", x.shape(), count);
  Box box(x.shape());
  Shape shape = x.shape();
  int axis = x.rank() - count;
  for (const auto& [before, after] : padding) {
    require<UsageError>(before >= 0 && after >= 0, "[pad] need amounts of at least 0, got {} and {}", before, after);
    box.begin[static_cast<size_t>(axis)] = before;
    shape[axis] = sum_of_sizes(shape[axis], sum_of_sizes(before, after, "pad"), "pad");
    ++axis;
  }
  require_representable("pad", value, x.dtype(), x.shape());
  return place(pad_op, x, box, shape, value);
}

Tensor flip(const Tensor& x, const Axes& axes) {
  require_defined("flip", x);
  const auto chosen = axes.mask(x.rank(), "flip");
  Box box(x.shape());
  for (int i = 0; i < x.rank(); ++i) {
    if (!chosen[static_cast<size_t>(i)] || x.dim(i) == 0) continue;
    box.begin[static_cast<size_t>(i)] = x.dim(i) - 1;
    box.step[static_cast<size_t>(i)] = -1;
  }
  return crop(flip_op, x, box);
}

Tensor repeat(const Tensor& x, int64_t times, int axis) {
  require_defined("repeat", x);
  axis = normalize_axis(axis, x.rank(), "repeat");
  require<UsageError>(times >= 0, "[repeat] need at least 0 times, got {}", times);
  int64_t outer = 1;
  for (int i = 0; i <= axis; ++i) outer *= x.dim(i);
  int64_t inner = 1;
  for (int i = axis + 1; i < x.rank(); ++i) inner *= x.dim(i);
  const Shape shape = x.shape().with(axis, product_of_sizes(x.dim(axis), times, "repeat"));
  return broadcast_to(x.reshape({outer, 1, inner}), {outer, times, inner}).reshape(shape);
}

Tensor tile(const Tensor& x, int64_t times, int axis) {
  require_defined("tile", x);
  axis = normalize_axis(axis, x.rank(), "tile");
  require<UsageError>(times >= 0, "[tile] need at least 0 times, got {}", times);
  int64_t outer = 1;
  for (int i = 0; i < axis; ++i) outer *= x.dim(i);
  int64_t inner = 1;
  for (int i = axis; i < x.rank(); ++i) inner *= x.dim(i);
  const Shape shape = x.shape().with(axis, product_of_sizes(x.dim(axis), times, "tile"));
  return broadcast_to(x.reshape({outer, 1, inner}), {outer, times, inner}).reshape(shape);
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  require_defined("broadcast_to", x);
  if (x.shape() == shape) return x;
  require(x.rank() <= shape.rank() && broadcast(x.shape(), shape, "broadcast_to") == shape,
          "[broadcast_to] need a shape that {} broadcasts to, got {}", x.shape(), shape);
  return record(broadcast_to_op, {x}, launch::expanded(x, shape), [](const Tensor& dy, Input x) { add_sum_to(x, dy); });
}

Tensor squeeze(const Tensor& x, const Axes& axes) {
  require_defined("squeeze", x);
  const auto chosen = axes.mask(x.rank(), "squeeze");
  Shape shape;
  for (int i = 0; i < x.rank(); ++i) {
    const bool drop = chosen[static_cast<size_t>(i)] && (!axes.empty() || x.dim(i) == 1);
    require(!drop || x.dim(i) == 1, "[squeeze] need size 1 along axis {}, got {}", i, x.shape());
    if (!drop) shape.push_back(x.dim(i));
  }
  return x.reshape(shape);
}

Tensor unsqueeze(const Tensor& x, int axis) {
  require_defined("unsqueeze", x);
  return x.reshape(x.shape().inserted(normalize_axis(axis, x.rank() + 1, "unsqueeze"), 1));
}

Tensor flatten(const Tensor& x, int first, int last) {
  require_defined("flatten", x);
  if (x.rank() == 0) return x.reshape({1});
  first = normalize_axis(first, x.rank(), "flatten");
  last = normalize_axis(last, x.rank(), "flatten");
  require(first <= last, "[flatten] need first <= last, got {} and {}", first, last);
  Shape shape;
  int64_t joined = 1;
  for (int i = 0; i < x.rank(); ++i) {
    if (i >= first && i <= last) joined *= x.dim(i);
    else shape.push_back(x.dim(i));
    if (i == last) shape.push_back(joined);
  }
  return x.reshape(shape);
}

}  // namespace grus
