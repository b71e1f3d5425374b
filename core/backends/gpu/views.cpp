#include "core/backends/gpu/views.h"

namespace grus::gpu {
namespace {

struct Axis {
  int64_t dim;
  int64_t strides[Grid::most];
};

/// Tells whether `outer` continues `inner` in every view, so that one axis can stand for both.
bool mergeable(const Axis& outer, const Axis& inner) {
  for (int i = 0; i < Grid::most; ++i)
    if (outer.strides[i] != inner.strides[i] * inner.dim) return false;
  return true;
}

}  // namespace

Grid::Grid(const int64_t* dims, int rank, std::initializer_list<const View*> views, bool keep_last) {
  Axis axes[max_rank];
  int count = 0;
  for (int a = 0; a < rank; ++a) {
    const bool kept = keep_last && a == rank - 1;
    if (dims[a] == 1 && !kept) continue;
    Axis axis{dims[a], {}};
    int i = 0;
    for (const View* view : views) axis.strides[i++] = view ? view->strides[a] : 0;
    if (count > 0 && !kept && mergeable(axes[count - 1], axis)) axis.dim *= axes[--count].dim;
    axes[count++] = axis;
  }
  int i = 0;
  for (const View* view : views) {
    if (view) places[i].offset = view->offset, memory_[i] = view->buffer->handle;
    ++i;
  }
  extent.rank = count;
  if (count == 0) return;
  const Axis& last = axes[count - 1];
  extent.cols = last.dim;
  for (int k = 0; k < most; ++k) places[k].step = last.strides[k];
  for (int a = 0; a < count - 1; ++a) {
    const int to = max_rank - 1 - (count - 1) + a;
    extent.rows *= extent.dims[to] = axes[a].dim;
    for (int k = 0; k < most; ++k) places[k].strides[to] = axes[a].strides[k];
  }
}

void Grid::push(Arguments& arguments, int i) const { arguments.add(memory_[i]).add(places[i]); }

void push(Arguments& arguments, const Matrix& m) { arguments.add(memory(m)).add(Rows{m.offset, m.row_stride}); }

void push_vector(Arguments& arguments, const Matrix& m) {
  arguments.add(memory(m)).add(Rows{m.offset, m.rows == 1 ? 1 : m.row_stride});
}

void push_ids(Arguments& arguments, const Matrix& m) {
  push_vector(arguments, m);
  arguments.add(static_cast<int32_t>(m.dtype == DType::i64));
}

}  // namespace grus::gpu
