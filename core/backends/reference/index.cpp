// Rows by id, the largest entries of a row, and rows in order.
#include <algorithm>
#include <numeric>
#include <vector>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

int64_t checked_id(const char* kernel, const Matrix& ids, int64_t i, int64_t count) {
  const int64_t id = id_at(ids, i);
  require<UsageError>(id >= 0 && id < count, "[{}] need ids in [0, {}), got {} at {}", kernel, count, id, i);
  return id;
}

}  // namespace

void gather_rows(const Matrix& y, const Matrix& table, const Matrix& ids) {
  with_any("gather_rows", y.dtype, [&]<class T>() {
    for (int64_t i = 0; i < y.rows; ++i)
      std::copy_n(row<const T>(table, checked_id("gather_rows", ids, i, table.rows)), y.cols, row<T>(y, i));
  });
}

void scatter_add_rows(const Matrix& table, const Matrix& x, const Matrix& ids) {
  with_number("scatter_add_rows", table.dtype, [&]<class T>() {
    for (int64_t i = 0; i < x.rows; ++i) {
      T* to = row<T>(table, checked_id("scatter_add_rows", ids, i, table.rows));
      const T* from = row<const T>(x, i);
      for (int64_t j = 0; j < x.cols; ++j) to[j] += from[j];
    }
  });
}

void top_k(const Matrix& values, const Matrix& ids, const Matrix& x) {
  with_number("top_k", x.dtype, [&]<class T>() {
    std::vector<int64_t> order(static_cast<size_t>(x.cols));
    for (int64_t i = 0; i < x.rows; ++i) {
      const T* from = row<const T>(x, i);
      const auto before = [from](int64_t a, int64_t b) {
        const bool nan_a = from[a] != from[a], nan_b = from[b] != from[b];  // NaN counts as the largest
        if (nan_a != nan_b) return nan_a;
        return from[a] == from[b] || nan_a ? a < b : from[a] > from[b];
      };
      std::iota(order.begin(), order.end(), 0);
      std::partial_sort(order.begin(), order.begin() + values.cols, order.end(), before);
      for (int64_t k = 0; k < values.cols; ++k) {
        row<int64_t>(ids, i)[k] = order[static_cast<size_t>(k)];
        row<T>(values, i)[k] = from[order[static_cast<size_t>(k)]];
      }
    }
  });
}

void sort(const Matrix& values, const Matrix& ids, const Matrix& x, bool descending) {
  with_number("sort", x.dtype, [&]<class T>() {
    for (int64_t i = 0; i < x.rows; ++i) {
      const T* from = row<const T>(x, i);
      int64_t* const order = row<int64_t>(ids, i);
      const auto below = [from](int64_t a, int64_t b) {
        const bool nan_a = from[a] != from[a], nan_b = from[b] != from[b];  // NaN counts as the largest
        return nan_a || nan_b ? !nan_a && nan_b : from[a] < from[b];
      };
      std::iota(order, order + x.cols, int64_t{0});
      std::stable_sort(order, order + x.cols,
                       [&](int64_t a, int64_t b) { return descending ? below(b, a) : below(a, b); });
      for (int64_t j = 0; j < x.cols; ++j) row<T>(values, i)[j] = from[order[j]];
    }
  });
}

}  // namespace grus::reference
