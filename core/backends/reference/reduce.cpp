// Sums and extrema over any axes.
#include <limits>
#include <type_traits>

#include "core/backends/reference/access.h"
#include "core/backends/reference/reference.h"

namespace grus::reference {
namespace {

// A NaN wins both ways, because it must not disappear.
template <class T>
T larger(T so_far, T x) {
  return x > so_far || x != x ? x : so_far;
}
template <class T>
T smaller(T so_far, T x) {
  return x < so_far || x != x ? x : so_far;
}

/// The axes of x in two groups: those that y keeps, and those it sums over (its stride is 0).
struct Axes {
  int64_t kept[max_rank], reduced[max_rank];
  int64_t kept_x[max_rank], kept_y[max_rank], reduced_x[max_rank];  // strides
  int kept_rank = 0, reduced_rank = 0;
};

Axes axes_of(const View& y, const View& x) {
  Axes axes;
  for (int i = 0; i < x.rank; ++i) {
    if (y.strides[i] == 0 && x.dims[i] != 1) {
      axes.reduced[axes.reduced_rank] = x.dims[i];
      axes.reduced_x[axes.reduced_rank++] = x.strides[i];
    } else {
      axes.kept[axes.kept_rank] = x.dims[i];
      axes.kept_x[axes.kept_rank] = x.strides[i];
      axes.kept_y[axes.kept_rank++] = y.strides[i];
    }
  }
  return axes;
}

/// Sets y to the fold of x's elements in row-major order, from `start`, in type Sum.
template <class T, class Sum, class Fold>
void fold(const View& y, const View& x, Sum start, bool accumulate, Fold f) {
  const Axes axes = axes_of(y, x);
  const auto each = [&](T* to, const T* from) {
    Sum result = start;
    for_each(
        axes.reduced, axes.reduced_rank, [&](const T* at) { result = f(result, *at); }, Cursor(from, axes.reduced_x));
    *to = accumulate ? static_cast<T>(static_cast<Sum>(*to) + result) : static_cast<T>(result);
  };
  for_each(axes.kept, axes.kept_rank, each, Cursor(data<T>(y), axes.kept_y), Cursor(data<const T>(x), axes.kept_x));
}

template <class T>
void reduce_of(ReduceOp op, const View& y, const View& x, bool accumulate) {
  using Sum = std::conditional_t<std::is_same_v<T, float>, double, T>;
  using Limits = std::numeric_limits<T>;
  switch (op) {
    case ReduceOp::sum:
      return fold<T>(y, x, Sum(0), accumulate, [](Sum sum, T at) { return sum + static_cast<Sum>(at); });
    case ReduceOp::sum_of_squares:
      return fold<T>(y, x, Sum(0), accumulate,
                     [](Sum sum, T at) { return sum + static_cast<Sum>(at) * static_cast<Sum>(at); });
    case ReduceOp::product:
      return fold<T>(y, x, Sum(1), accumulate, [](Sum product, T at) { return product * static_cast<Sum>(at); });
    case ReduceOp::max:
      return fold<T>(y, x, Limits::has_infinity ? -Limits::infinity() : Limits::lowest(), accumulate, larger<T>);
    case ReduceOp::min:
      return fold<T>(y, x, Limits::has_infinity ? Limits::infinity() : Limits::max(), accumulate, smaller<T>);
  }
}

}  // namespace

void reduce(ReduceOp op, const View& y, const View& x, bool accumulate) {
  if (x.dtype == DType::boolean && op == ReduceOp::max)
    return fold<bool>(y, x, false, false, [](bool any, bool at) { return any || at; });
  if (x.dtype == DType::boolean && op == ReduceOp::min)
    return fold<bool>(y, x, true, false, [](bool all, bool at) { return all && at; });
  with_number("reduce", x.dtype, [&]<class T>() { reduce_of<T>(op, y, x, accumulate); });
}

void arg_reduce(ArgReduceOp op, const View& y, const View& x) {
  const int last = x.rank - 1;
  const int64_t count = x.dims[last], stride = x.strides[last];
  with_number("arg_reduce", x.dtype, [&]<class T>() {
    const auto find = [&](int64_t* to, const T* from) {
      int64_t best = 0;
      for (int64_t i = 1; i < count; ++i) {
        const T a = from[best * stride], b = from[i * stride];
        const bool wins = op == ArgReduceOp::argmax ? b > a : b < a;
        if (a == a && (wins || b != b)) best = i;  // the first NaN wins
      }
      *to = best;
    };
    for_each(x.dims, last, find, Cursor<int64_t>(y), Cursor<const T>(x));
  });
}

}  // namespace grus::reference
