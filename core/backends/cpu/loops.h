#pragma once
// Loops over strided views that are walked together: adjacent axes are merged where they can be, the last one is left
// to an inner loop, the others are shared out among the threads.
#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/thread_pool.h"
#include "core/device/kernels.h"

namespace grus::cpu {

/// A thread for a cheap loop pays from so many elements on.
inline constexpr int64_t loop_grain = 1 << 14;

/// The index space of several views with the same dims; strides[v][axis] are in elements. Its rank is at least 1, and
/// no axis but the last has size 1.
template <size_t views>
struct Loop {
  int rank = 1;
  int64_t dims[max_rank] = {1};
  int64_t strides[views][max_rank] = {};

  int64_t inner() const { return dims[rank - 1]; }
  int64_t inner_stride(size_t view) const { return strides[view][rank - 1]; }
  int64_t rows() const {
    int64_t n = 1;
    for (int axis = 0; axis + 1 < rank; ++axis) n *= dims[axis];
    return n;
  }
  bool empty() const {
    return std::any_of(dims, dims + rank, [](int64_t n) { return n == 0; });
  }
  /// Returns where row `row` begins in each view.
  std::array<int64_t, views> offsets(int64_t row) const {
    std::array<int64_t, views> at{};
    for (int axis = rank - 2; axis >= 0; --axis) {
      for (size_t v = 0; v < views; ++v) at[v] += row % dims[axis] * strides[v][axis];
      row /= dims[axis];
    }
    return at;
  }
};

/// Where a walk over the rows of a loop stands: the offsets of the row in each view, without a division a row.
template <size_t views>
class RowWalk {
 public:
  RowWalk(const Loop<views>& loop, int64_t row) : loop_(loop), at_(loop.offsets(row)) {
    for (int axis = loop.rank - 2; axis >= 0; row /= loop.dims[axis--]) index_[axis] = row % loop.dims[axis];
  }
  const std::array<int64_t, views>& at() const { return at_; }
  void next() {
    for (int axis = loop_.rank - 2; axis >= 0; --axis) {
      const bool ends = ++index_[axis] == loop_.dims[axis];
      for (size_t v = 0; v < views; ++v)
        at_[v] += ends ? loop_.strides[v][axis] * (1 - loop_.dims[axis]) : loop_.strides[v][axis];
      if (!ends) return;
      index_[axis] = 0;
    }
  }

 private:
  const Loop<views>& loop_;
  std::array<int64_t, views> at_;
  int64_t index_[max_rank] = {};
};

/// Makes the loop over `dims` (its axes) and the strides of each view, with adjacent axes merged.
template <class... Views>
Loop<sizeof...(Views)> loop_over(const View& dims, const Views&... views) {
  constexpr size_t n = sizeof...(Views);
  const View* const all[n] = {&views...};
  Loop<n> loop;
  int rank = 0;
  for (int axis = 0; axis < dims.rank; ++axis) {
    if (dims.dims[axis] == 1) continue;
    bool merges = rank > 0;
    for (size_t v = 0; v < n && merges; ++v)
      merges = loop.strides[v][rank - 1] == all[v]->strides[axis] * dims.dims[axis];
    if (!merges) loop.dims[rank++] = 1;
    loop.dims[rank - 1] *= dims.dims[axis];
    for (size_t v = 0; v < n; ++v) loop.strides[v][rank - 1] = all[v]->strides[axis];
  }
  if (rank > 0) loop.rank = rank;
  return loop;
}

/// Calls f(offsets, begin, end) for pieces [begin, end) of every row, on all threads when there is enough work.
template <size_t views, class F>
void for_pieces(const Loop<views>& loop, F&& f) {
  if (loop.empty()) return;
  const int64_t rows = loop.rows(), inner = loop.inner();
  if (rows >= threads_here() || inner < 2 * loop_grain) {
    parallel_for(rows, loop_grain / inner + 1, [&](int64_t first, int64_t last) {
      RowWalk<views> walk(loop, first);
      for (int64_t row = first; row < last; ++row, walk.next()) f(walk.at(), int64_t{0}, inner);
    });
    return;
  }
  for (int64_t row = 0; row < rows; ++row)
    parallel_for(inner, loop_grain, [&](int64_t begin, int64_t end) { f(loop.offsets(row), begin, end); });
}

}  // namespace grus::cpu
