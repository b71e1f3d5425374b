// Rows by id, and the largest entries of rows.
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/rows.h"
#include "core/base/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/index.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

/// y += x
void add_row(float* y, const float* x, int64_t count) {
  for_each_vector(count, [=](auto d, int64_t j, size_t n) HWY_ATTR {
    store_some(d, hn::Add(load_some(d, y + j, n), load_some(d, x + j, n)), y + j, n);
  });
}

/// Returns the first place from `from` on whose value is above `bound`, or NaN; count when there is none.
int64_t next_above(const float* x, int64_t from, int64_t count, float bound) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto limit = hn::Set(d, bound);
  int64_t j = from;
  for (; j + lanes <= count; j += lanes) {
    const auto next = hn::LoadU(d, x + j);
    const auto found = hn::FindFirstTrue(d, hn::Not(hn::Le(next, limit)));
    if (found >= 0) return j + found;
  }
  while (j < count && x[j] <= bound) ++j;
  return j;
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
namespace {

HWY_EXPORT(add_row);
HWY_EXPORT(next_above);

constexpr int64_t most_kept = 64;

using One = std::integral_constant<int64_t, 1>;

/// Calls f(ids, their stride) with a pointer to integers of their type; the usual stride is a constant to the compiler.
template <class F>
auto with_ids(const Matrix& ids, F&& f) {
  const int64_t stride = ids.cols == 1 ? ids.row_stride : 1;
  if (ids.dtype == DType::i64 && stride == 1) return f(data<const int64_t>(ids), One());
  if (ids.dtype == DType::i64) return f(data<const int64_t>(ids), stride);
  return f(data<const int32_t>(ids), stride);
}

bool ids_are_rows(const Matrix& ids, int64_t n, int64_t rows) {
  return with_ids(ids, [=](const auto* id, auto stride) {
    int64_t wrong = 0;  // is below 0 when an id is, or is too large
    for (int64_t i = 0; i < n; ++i) {
      const auto each = static_cast<int64_t>(id[i * stride]);
      wrong |= each | (rows - 1 - each);
    }
    return wrong >= 0;
  });
}

/// y[i] = table[ids[i]] of single elements.
template <class T>
void gather_elements(const Matrix& y, const Matrix& table, const Matrix& ids) {
  const T* const from = data<const T>(table);
  T* const to = data<T>(y);
  const int64_t to_stride = y.row_stride, from_stride = table.row_stride;
  const bool dense = to_stride == 1 && from_stride == 1;
  with_ids(ids, [=, n = y.rows](const auto* id, auto stride) {
    parallel_for(n, 4 * elements_per_task, [=](int64_t begin, int64_t end) {
      if (dense) {
        for (int64_t i = begin; i < end; ++i) to[i] = from[id[i * stride]];
      } else {
        for (int64_t i = begin; i < end; ++i) to[i * to_stride] = from[id[i * stride] * from_stride];
      }
    });
  });
}

bool before(float a, float b) { return a > b || (a != a && b == b); }  // NaN counts as the largest

/// Finds the `kept` largest of x in order, the lowest id first among equals. A comparison with the smallest one kept
/// passes over most of x.
void top_row(const float* x, int64_t count, int64_t kept, float* values, int64_t* ids) {
  for (int64_t filled = 0, j = 0; j < count; ++j) {
    if (filled == kept) {
      const float bound = values[kept - 1];
      if (bound != bound) return;  // nothing comes before a NaN
      j = HWY_DYNAMIC_DISPATCH(next_above)(x, j, count, bound);
      if (j == count) return;
    } else {
      ++filled;
    }
    int64_t place = filled - 1;
    for (; place > 0 && before(x[j], values[place - 1]); --place) {
      values[place] = values[place - 1];
      ids[place] = ids[place - 1];
    }
    values[place] = x[j];
    ids[place] = j;
  }
}

}  // namespace

Status gather_rows(Context* context, const Matrix& y, const Matrix& table, const Matrix& ids) {
  // The reference backend gives the message for a wrong id.
  if (!ids_are_rows(ids, y.rows, table.rows)) return reference_backend().gather_rows(context, y, table, ids);
  const size_t size = size_of(y.dtype), bytes = static_cast<size_t>(y.cols) * size;
  if (y.cols == 1 && size == 4) return gather_elements<uint32_t>(y, table, ids), Status::ok;
  if (y.cols == 1 && size == 8) return gather_elements<uint64_t>(y, table, ids), Status::ok;
  const auto place = [size](const Matrix& m, int64_t i) {
    return static_cast<char*>(m.buffer->handle) + static_cast<size_t>(m.offset + i * m.row_stride) * size;
  };
  parallel_for(y.rows, 4 * rows_per_task(y.cols), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) std::memcpy(place(y, i), place(table, id_at(ids, i)), bytes);
  });
  return Status::ok;
}

Status scatter_add_rows(Context* context, const Matrix& table, const Matrix& x, const Matrix& ids) {
  if (table.dtype != DType::f32 || !ids_are_rows(ids, x.rows, table.rows))
    return reference_backend().scatter_add_rows(context, table, x, ids);
  if (x.cols == 1) {
    with_ids(ids, [to = row_of(table, 0), from = row_of(x, 0), to_stride = table.row_stride, by = x.row_stride,
                   n = x.rows](const auto* id, auto stride) {
      for (int64_t i = 0; i < n; ++i) to[id[i * stride] * to_stride] += from[i * by];
    });
    return Status::ok;
  }
  // Each thread takes some columns of all rows, in order, which gives the same bits on any number of threads.
  constexpr int64_t line = 16;
  const int64_t lines = (x.cols + line - 1) / line;
  parallel_for(lines, 4 * elements_per_task / (x.rows * line + 1) + 1, [&](int64_t first, int64_t last) {
    const int64_t from = first * line, count = std::min(x.cols, last * line) - from;
    for (int64_t i = 0; i < x.rows; ++i)
      HWY_DYNAMIC_DISPATCH(add_row)(row_of(table, id_at(ids, i)) + from, row_of(x, i) + from, count);
  });
  return Status::ok;
}

Status top_k(Context* context, const Matrix& values, const Matrix& ids, const Matrix& x) {
  if (x.dtype != DType::f32 || values.cols < 1 || values.cols > std::min(most_kept, x.cols))
    return reference_backend().top_k(context, values, ids, x);
  parallel_for(x.rows, 2 * rows_per_task(x.cols), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      top_row(row_of(x, i), x.cols, values.cols, row_of(values, i), data<int64_t>(ids) + i * ids.row_stride);
  });
  return Status::ok;
}

Status arg_reduce(Context* context, ArgReduceOp op, const View& y, const View& x) {
  const int last = x.rank - 1;
  bool rows_follow = last >= 0 && x.strides[last] == 1 && x.dims[last] > 0;
  int64_t rows = 1;
  for (int axis = last - 1; rows_follow && axis >= 0; --axis) {  // both sides contiguous
    rows_follow = (x.dims[axis] == 1 || (x.strides[axis] == rows * x.dims[last] && y.strides[axis] == rows));
    rows *= x.dims[axis];
  }
  if (op != ArgReduceOp::argmax || x.dtype != DType::f32 || !rows_follow)
    return reference_backend().arg_reduce(context, op, y, x);
  const int64_t count = x.dims[last];
  parallel_for(rows, 2 * rows_per_task(count), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float value = 0;
      top_row(data<const float>(x) + i * count, count, 1, &value, data<int64_t>(y) + i);
    }
  });
  return Status::ok;
}

}  // namespace grus::cpu
#endif
