// Masked softmax over the last axis, and its gradient.
#include <cmath>
#include <limits>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

/// Computes one row of n entries at these strides; mask may be null.
template <class T>
struct Row {
  int64_t n;
  T* y;
  const T* x;
  const bool* mask;
  int64_t stride_y, stride_x, stride_mask;

  bool counts(int64_t j) const { return !mask || mask[j * stride_mask]; }
  double at(int64_t j) const { return static_cast<double>(x[j * stride_x]); }
};

constexpr double minus_infinity = -std::numeric_limits<double>::infinity();

template <class T>
void softmax_row(const Row<T>& row, bool log) {
  double largest = minus_infinity;
  for (int64_t j = 0; j < row.n; ++j)
    if (row.counts(j) && (row.at(j) > largest || std::isnan(row.at(j)))) largest = row.at(j);
  double sum = 0;
  if (largest != minus_infinity)
    for (int64_t j = 0; j < row.n; ++j)
      if (row.counts(j)) sum += std::exp(row.at(j) - largest);
  for (int64_t j = 0; j < row.n; ++j) {
    double y = log ? minus_infinity : 0;  // masked, or a row with nothing to choose from
    if (row.counts(j) && largest != minus_infinity)
      y = log ? row.at(j) - largest - std::log(sum) : std::exp(row.at(j) - largest) / sum;
    row.y[j * row.stride_y] = static_cast<T>(y);
  }
}

/// softmax: dx = y (dy - sum_k y_k dy_k);   log: dx = dy - exp(y) sum_k dy_k, over the entries that are not -inf.
template <class T>
void gradient_row(int64_t n, T* dx, int64_t stride_dx, const T* y, int64_t stride_y, const T* dy, int64_t stride_dy,
                  bool log) {
  double sum = 0;
  for (int64_t j = 0; j < n; ++j) {
    const auto value = static_cast<double>(y[j * stride_y]), slope = static_cast<double>(dy[j * stride_dy]);
    if (log) sum += value == minus_infinity ? 0 : slope;
    else sum += value * slope;
  }
  for (int64_t j = 0; j < n; ++j) {
    const auto value = static_cast<double>(y[j * stride_y]), slope = static_cast<double>(dy[j * stride_dy]);
    double result = value * (slope - sum);
    if (log) result = value == minus_infinity ? 0 : slope - std::exp(value) * sum;
    dx[j * stride_dx] = static_cast<T>(result);
  }
}

}  // namespace

void softmax(const SoftmaxArgs& args) {
  const View &y = args.y, &x = args.x, &mask = args.mask;
  const int last = x.rank - 1;
  with_float("softmax", y.dtype, [&]<class T>() {
    const auto each = [&](T* to, const T* from, const bool* chosen) {
      softmax_row(Row<T>{x.dims[last], to, from, chosen, y.strides[last], x.strides[last], mask.strides[last]},
                  args.log);
    };
    if (mask.rank > 0) return for_each(x.dims, last, each, Cursor<T>(y), Cursor<const T>(x), Cursor<const bool>(mask));
    for_each(
        x.dims, last, [&](T* to, const T* from) { each(to, from, nullptr); }, Cursor<T>(y), Cursor<const T>(x));
  });
}

void softmax_gradient(const View& dx, const View& y, const View& dy, bool log) {
  const int last = y.rank - 1;
  with_float("softmax_gradient", y.dtype, [&]<class T>() {
    const auto each = [&](T* to, const T* value, const T* slope) {
      gradient_row(y.dims[last], to, dx.strides[last], value, y.strides[last], slope, dy.strides[last], log);
    };
    for_each(y.dims, last, each, Cursor<T>(dx), Cursor<const T>(y), Cursor<const T>(dy));
  });
}

}  // namespace grus::reference
