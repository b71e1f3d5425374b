#pragma once
// Conversion of the contract's views and matrices to what kernels take (kernels/dialect.cl has the same structs).
#include <initializer_list>

#include "core/backends/gpu/machine.h"

namespace grus::gpu {

/// A grid of elements: the last axis, and up to five axes before it, which are unfolded from a row's number.
struct Extent {
  int64_t cols = 1, rows = 1, rank = 0;
  int64_t dims[max_rank - 1] = {1, 1, 1, 1, 1};
};
struct Place {
  int64_t offset = 0, step = 0;
  int64_t strides[max_rank - 1] = {};
};
struct Rows {
  int64_t offset = 0, stride = 0;
};

/// Views over the same dims, with as few axes as describe them all. With keep_last the last axis stays what it is.
class Grid {
 public:
  static constexpr int most = 5;
  Grid(const int64_t* dims, int rank, std::initializer_list<const View*> views, bool keep_last = false);
  Grid(const View& like, std::initializer_list<const View*> views, bool keep_last = false)
      : Grid(like.dims, like.rank, views, keep_last) {}

  bool empty() const { return extent.cols == 0 || extent.rows == 0; }
  int64_t count() const { return extent.cols * extent.rows; }
  int64_t groups() const { return (extent.cols + width - 1) / width; }
  /// Appends the memory of view i and where it lies.
  void push(Arguments& arguments, int i) const;

  Extent extent;
  Place places[most];

 private:
  void* memory_[most] = {};
};

inline int64_t groups_of(int64_t items) { return (items + width - 1) / width; }
inline bool present(const Matrix& m) { return m.buffer != nullptr; }
inline void* memory(const Matrix& m) { return m.buffer ? m.buffer->handle : nullptr; }
/// Appends a matrix's memory, offset and row stride.
void push(Arguments& arguments, const Matrix& m);
/// Appends a matrix that stands for a vector; ids come with a flag that says whether they are i64.
void push_vector(Arguments& arguments, const Matrix& m);
void push_ids(Arguments& arguments, const Matrix& m);

}  // namespace grus::gpu
