#pragma once
// A short list of axes, as reductions and shape ops take it: sum(x), sum(x, 1), sum(x, {0, -1}).
#include <array>
#include <bitset>
#include <initializer_list>
#include <span>

#include "core/base/shape.h"

namespace grus {

class Axes {
 public:
  Axes() = default;  // all axes, where an op says so
  Axes(int axis) : Axes({axis}) {}
  Axes(bool) = delete;  // sum(x, true) means sum(x, {}, true)
  Axes(std::initializer_list<int> axes) : Axes(std::span<const int>(axes.begin(), axes.size())) {}
  Axes(std::span<const int> axes) {
    require(axes.size() <= max_rank, "[axes] need at most {} axes, got {}", max_rank, axes.size());
    for (int axis : axes) axes_[static_cast<size_t>(count_++)] = axis;
  }

  bool empty() const { return count_ == 0; }
  int size() const { return count_; }
  int operator[](int i) const { return axes_[static_cast<size_t>(i)]; }
  const int* begin() const { return axes_.data(); }
  const int* end() const { return axes_.data() + count_; }

  /// One bit an axis of a tensor of `rank`; all of them when the list is empty. Throws ShapeError for an axis out of
  /// range or named twice.
  std::bitset<max_rank> mask(int rank, const char* op) const {
    std::bitset<max_rank> chosen;
    for (int axis : *this) {
      const auto i = static_cast<size_t>(normalize_axis(axis, rank, op));
      require(!chosen[i], "[{}] need each axis once, got {} twice", op, axis);
      chosen.set(i);
    }
    if (empty())
      for (int i = 0; i < rank; ++i) chosen.set(static_cast<size_t>(i));
    return chosen;
  }

 private:
  std::array<int, max_rank> axes_{};
  int count_ = 0;
};

}  // namespace grus
