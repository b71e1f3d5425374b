#pragma once
// Rows of f32 matrices, and how many of them make a task.
#include <algorithm>

#include "core/backends/cpu/entries.h"

namespace grus::cpu {

/// Returns row i, or null when the matrix is absent.
inline float* row_of(const Matrix& matrix, int64_t i) {
  return matrix.buffer ? data<float>(matrix) + i * matrix.row_stride : nullptr;
}
/// Returns entry i of a vector of i64, whether it lies in one row or in one column.
inline int64_t index_at(const Matrix& ids, int64_t i) {
  return data<int64_t>(ids)[ids.cols == 1 ? i * ids.row_stride : i];
}
/// Returns entry i of a vector of i32 or i64, whether it lies in one row or in one column.
inline int64_t id_at(const Matrix& ids, int64_t i) {
  return ids.dtype == DType::i64 ? index_at(ids, i) : data<int32_t>(ids)[ids.cols == 1 ? i * ids.row_stride : i];
}

/// A task of fewer elements costs more to hand over than to do.
inline constexpr int64_t elements_per_task = 4096;
inline int64_t rows_per_task(int64_t cols) {
  return std::max<int64_t>(1, elements_per_task / std::max<int64_t>(cols, 1));
}

}  // namespace grus::cpu
