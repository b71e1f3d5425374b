// Reductions, softmax and the k largest.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/backends/reference/access.h"
#include "core/backends/reference/entries.h"

namespace grus::reference {
namespace {

/// Row-major rows of a view along its last axis: calls fn(offset of each row's first element, ...).
template <class Fn, class... Views>
void for_each_row(const View& dims, Fn&& fn, const Views&... views) {
  View rows = dims;
  rows.dims[dims.rank - 1] = std::min<int64_t>(1, dims.dims[dims.rank - 1]);
  for_each_element(rows, fn, views...);
}

template <class T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, T>;  // float sums are taken in double

template <class T>
Wide<T> start_value(ReduceOp op) {
  if (op == ReduceOp::max)
    return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::lowest();
  if (op == ReduceOp::min)
    return std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  return 0;
}

template <class W>
W combined(ReduceOp op, W sum, W x) {
  switch (op) {
    case ReduceOp::sum:
      return sum + x;
    case ReduceOp::sum_of_squares:
      return sum + x * x;
    case ReduceOp::max:
      return x > sum || x != x ? x : sum;
    case ReduceOp::min:
      return x < sum || x != x ? x : sum;
  }
  return sum;
}

template <class T>
void reduce_typed(ReduceOp op, const View& y, const View& x, bool accumulate) {
  // Each output element walks its own reduced index space, so that sums can be taken wide.
  View outer = x, inner = x;
  for (int axis = 0; axis < x.rank; ++axis)
    (y.strides[axis] == 0 ? outer : inner).dims[axis] = std::min<int64_t>(x.dims[axis], 1);
  for (int axis = 0; axis < x.rank; ++axis)
    if (y.strides[axis] == 0) outer.dims[axis] = 1;  // an empty axis reduces to the start value
  inner = x;
  for (int axis = 0; axis < x.rank; ++axis)
    if (y.strides[axis] != 0) inner.dims[axis] = 1;
  for_each_element(
      outer,
      [&](const int64_t* at) {
        Wide<T> result = start_value<T>(op);
        const T* in = data<T>(x) + at[1];
        for_each_element(
            inner, [&](const int64_t* i) { result = combined<Wide<T>>(op, result, in[i[0]]); }, x);
        T& out = data<T>(y)[at[0]];
        out = static_cast<T>(accumulate ? static_cast<Wide<T>>(out) + result : result);
      },
      y, x);
}

}  // namespace

Status reduce(Context*, ReduceOp op, const View& y, const View& x, bool accumulate) {
  return with_type(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, bool>) return Status::unsupported;
    else {
      reduce_typed<T>(op, y, x, accumulate);
      return Status::ok;
    }
  });
}

Status arg_reduce(Context*, ArgReduceOp op, const View& y, const View& x) {
  View result = y;  // y with x's rank: its last axis stands still
  result.rank = x.rank;
  result.strides[x.rank - 1] = 0;
  return with_type(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const int64_t stride = x.strides[x.rank - 1];
    for_each_row(
        x,
        [&](const int64_t* at) {
          const T* in = data<T>(x) + at[1];
          int64_t best = 0;
          for (int64_t j = 1; j < x.dims[x.rank - 1]; ++j)
            if (op == ArgReduceOp::argmax ? in[j * stride] > in[best * stride] : in[j * stride] < in[best * stride])
              best = j;
          data<int64_t>(y)[at[0]] = best;
        },
        result, x);
    return Status::ok;
  });
}

Status softmax(Context*, const SoftmaxArgs& args) {
  const View &y = args.y, &x = args.x;
  const bool masked = args.mask.rank > 0;
  const View mask = masked ? args.mask : x;
  const int last = x.rank - 1;
  return with_float(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T nothing = args.log ? -std::numeric_limits<T>::infinity() : T(0);
    for_each_row(
        x,
        [&](const int64_t* at) {
          T* out = data<T>(y) + at[0];
          const T* in = data<T>(x) + at[1];
          const auto real = [&](int64_t j) { return !masked || data<bool>(mask)[at[2] + j * mask.strides[last]]; };
          T largest = -std::numeric_limits<T>::infinity();
          for (int64_t j = 0; j < x.dims[last]; ++j)
            if (real(j)) largest = std::max(largest, in[j * x.strides[last]]);
          double sum = 0;
          for (int64_t j = 0; j < x.dims[last]; ++j)
            if (real(j)) sum += std::exp(static_cast<double>(in[j * x.strides[last]] - largest));
          for (int64_t j = 0; j < x.dims[last]; ++j) {
            const double shifted = static_cast<double>(in[j * x.strides[last]] - largest);
            T& value = out[j * y.strides[last]];
            value = !real(j) ? nothing : static_cast<T>(args.log ? shifted - std::log(sum) : std::exp(shifted) / sum);
          }
        },
        y, x, mask);
    return Status::ok;
  });
}

Status softmax_gradient(Context*, const View& dx, const View& y, const View& dy, bool log) {
  const int last = y.rank - 1;
  return with_float(dx.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each_row(
        dx,
        [&](const int64_t* at) {
          T* out = data<T>(dx) + at[0];
          const T *value = data<T>(y) + at[1], *slope = data<T>(dy) + at[2];
          const auto probability = [&](int64_t j) {
            const double v = value[j * y.strides[last]];
            return log ? std::exp(v) : v;
          };
          const auto reached = [&](int64_t j) {
            return probability(j) > 0 || !log;
          };  // log: -inf places take no gradient
          double sum = 0;
          for (int64_t j = 0; j < dx.dims[last]; ++j)
            if (reached(j)) sum += (log ? 1 : probability(j)) * static_cast<double>(slope[j * dy.strides[last]]);
          for (int64_t j = 0; j < dx.dims[last]; ++j) {
            const double g = slope[j * dy.strides[last]], p = probability(j);
            out[j * dx.strides[last]] = static_cast<T>(!reached(j) ? 0 : log ? g - p * sum : p * (g - sum));
          }
        },
        dx, y, dy);
    return Status::ok;
  });
}

Status top_k(Context*, const Matrix& values, const Matrix& ids, const Matrix& x) {
  return with_type(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    std::vector<int64_t> order(static_cast<size_t>(x.cols));
    for (int64_t i = 0; i < x.rows; ++i) {
      const T* in = row<T>(x, i);
      std::iota(order.begin(), order.end(), 0);
      std::partial_sort(order.begin(), order.begin() + values.cols, order.end(),
                        [in](int64_t a, int64_t b) { return in[a] > in[b] || (in[a] == in[b] && a < b); });
      for (int64_t k = 0; k < values.cols; ++k) {
        row<int64_t>(ids, i)[k] = order[static_cast<size_t>(k)];
        row<T>(values, i)[k] = in[order[static_cast<size_t>(k)]];
      }
    }
    return Status::ok;
  });
}

}  // namespace grus::reference
