#pragma once
// Access to the contract's PODs as typed host memory, and the loops over it.
#include <cstdint>
#include <utility>

#include "core/base/error.h"
#include "core/base/use_only.h"
#include "core/device/kernels.h"

namespace grus::reference {

/// Returns the first element of a view or matrix.
template <class T, class Place>
T* data(const Place& place) {
  return static_cast<T*>(place.buffer->handle) + place.offset;
}

inline bool present(const Matrix& m) { return m.buffer != nullptr; }
inline int64_t size_of(const Matrix& m) { return m.rows * m.cols; }

template <class T>
T* row(const Matrix& m, int64_t i) {
  return data<T>(m) + i * m.row_stride;
}

/// Returns element i of a matrix that stands for a vector, whether it lies in one row or in one column.
template <class T>
T& element(const Matrix& m, int64_t i) {
  return row<T>(m, i / m.cols)[i % m.cols];
}

/// Returns element i of i32 or i64 ids.
inline int64_t id_at(const Matrix& ids, int64_t i) {
  return ids.dtype == DType::i32 ? element<const int32_t>(ids, i) : element<const int64_t>(ids, i);
}

/// Returns the row of step t of sequence b.
inline int64_t row_at(const AttentionSide& side, int64_t b, int64_t t) {
  return present(side.starts) ? id_at(side.starts, t) + id_at(side.ranks, b) : t * side.step + b * side.item;
}
inline int64_t steps_of(const AttentionSide& side, int64_t b) {
  return present(side.lengths) ? id_at(side.lengths, b) : side.count;
}
/// Returns how many steps of sequence b have a row: packed rows have no padding.
inline int64_t rows_of(const AttentionSide& side, int64_t b) {
  return present(side.starts) ? steps_of(side, b) : side.count;
}

/// Calls f.operator()<T>() with the C++ type of `dtype`. Throws DtypeError for types the kernel is not made for.
/// Nothing that is used after training asks for more of f64 than copies and arithmetic, which take any number.
template <class F>
void with_float(const char* kernel, DType dtype, F f) {
  if (dtype == DType::f32) return f.template operator()<float>();
  if constexpr (!use_only)
    if (dtype == DType::f64) return f.template operator()<double>();
  fail<DtypeError>("[{}] need f32{}, got {}", kernel, use_only ? "" : " or f64", name_of(dtype));
}
template <class F>
void with_number(const char* kernel, DType dtype, F f) {
  if (dtype == DType::i32) return f.template operator()<int32_t>();
  if (dtype == DType::i64) return f.template operator()<int64_t>();
  if (dtype == DType::f32) return f.template operator()<float>();
  if (dtype == DType::f64) return f.template operator()<double>();
  fail<DtypeError>("[{}] need numbers, got {}", kernel, name_of(dtype));
}
template <class F>
void with_value(const char* kernel, DType dtype, F f) {
  if (dtype == DType::boolean) return f.template operator()<bool>();
  with_number(kernel, dtype, f);
}
template <class F>
void with_any(const char* kernel, DType dtype, F f) {
  if (dtype == DType::u8) return f.template operator()<uint8_t>();
  if (dtype == DType::bf16) return f.template operator()<bfloat16>();
  if (dtype == DType::f16) return f.template operator()<float16>();
  with_value(kernel, dtype, f);
}

/// A cursor is where a loop over a view's elements stands, and how far apart they are along each axis.
template <class T>
struct Cursor {
  T* at;
  const int64_t* strides;
  Cursor(T* at, const int64_t* strides) : at(at), strides(strides) {}
  explicit Cursor(const View& view) : at(data<T>(view)), strides(view.strides) {}
};

/// Returns the offset of the n-th index, in row-major order, of the first `rank` axes.
inline int64_t offset_of(int64_t n, const int64_t* dims, const int64_t* strides, int rank) {
  int64_t offset = 0;
  for (int axis = rank - 1; axis >= 0; n /= dims[axis--]) offset += n % dims[axis] * strides[axis];
  return offset;
}

/// Calls f(pointers...) for every index of `dims` in row-major order. All cursors walk views of these dims.
template <class F, class... T>
void for_each(const int64_t* dims, int rank, F&& f, Cursor<T>... cursors) {
  if (rank == 0) return f(cursors.at...);
  const int last = rank - 1;
  const int64_t columns = dims[last];
  if (columns == 0) return;  // however many rows
  int64_t rows = 1;
  for (int axis = 0; axis < last; ++axis) rows *= dims[axis];
  const auto walk_row = [&](Cursor<T>... row) {
    for (int64_t i = 0; i < columns; ++i) f((row.at + i * row.strides[last])...);
  };
  for (int64_t n = 0; n < rows; ++n)
    walk_row(Cursor<T>(cursors.at + offset_of(n, dims, cursors.strides, last), cursors.strides)...);
}

}  // namespace grus::reference
