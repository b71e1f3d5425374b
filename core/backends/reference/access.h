#pragma once
// How the plain loops reach elements. A buffer's handle is host memory.
#include <cstdint>
#include <type_traits>

#include "core/kernels.h"

namespace grus::reference {

/// Calls fn with a value of the C++ type of `dtype`: fn(float{}) for f32.
template <class Fn>
Status with_type(DType dtype, Fn&& fn) {
  switch (dtype) {
    case DType::f32:
      return fn(float{});
    case DType::f64:
      return fn(double{});
    case DType::i32:
      return fn(int32_t{});
    case DType::i64:
      return fn(int64_t{});
    case DType::boolean:
      return fn(bool{});
  }
  return Status::unsupported;
}
/// The same for f32 and f64 only.
template <class Fn>
Status with_float(DType dtype, Fn&& fn) {
  if (dtype == DType::f32) return fn(float{});
  if (dtype == DType::f64) return fn(double{});
  return Status::unsupported;
}

template <class T>
T* data(const View& view) {
  return static_cast<T*>(view.buffer->handle) + view.offset;
}
template <class T>
T* data(const Matrix& matrix) {
  return static_cast<T*>(matrix.buffer->handle) + matrix.offset;
}
template <class T>
T* row(const Matrix& matrix, int64_t i) {
  return data<T>(matrix) + i * matrix.row_stride;
}
inline bool present(const Matrix& matrix) { return matrix.buffer != nullptr; }

inline int64_t count(const View& view) {
  int64_t n = 1;
  for (int axis = 0; axis < view.rank; ++axis) n *= view.dims[axis];
  return n;
}

/// Entry i of a vector of ids (i32 or i64), however it is laid out as a matrix.
inline int64_t id_at(const Matrix& ids, int64_t i) {
  const int64_t place = ids.cols == 1 ? i * ids.row_stride : i;
  return ids.dtype == DType::i32 ? data<int32_t>(ids)[place] : data<int64_t>(ids)[place];
}

/// Calls fn(offset in a, offset in b, ...) for every element of `dims`' index space, in row-major order.
template <class Fn, class... Views>
void for_each_element(const View& dims, Fn&& fn, const Views&... views) {
  const int64_t total = count(dims);
  int64_t index[max_rank] = {};
  constexpr size_t n = sizeof...(Views);
  const View* all[n] = {&views...};
  int64_t offsets[n] = {};
  for (int64_t i = 0; i < total; ++i) {
    fn(static_cast<const int64_t*>(offsets));
    for (int axis = dims.rank - 1; axis >= 0; --axis) {
      for (size_t v = 0; v < n; ++v) offsets[v] += all[v]->strides[axis];
      if (++index[axis] < dims.dims[axis]) break;
      for (size_t v = 0; v < n; ++v) offsets[v] -= all[v]->strides[axis] * dims.dims[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace grus::reference
