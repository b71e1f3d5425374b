// Elementwise entries: the rows of elementwise.def read as scalar code.
#include <cmath>

#include "core/backends/reference/access.h"
#include "core/backends/reference/entries.h"

namespace grus::reference {
namespace {

// What the names in elementwise.def mean for a scalar.
template <class T>
T select(bool condition, T a, T b) {
  return condition ? a : b;
}
template <class T>
T sigmoid(T x) {
  const T e = std::exp(-std::abs(x));  // never overflows
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
template <class T>
T softplus(T x) {
  return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x)));
}
using std::cos;
using std::erf;
using std::exp;
using std::log;
using std::pow;
using std::sin;
using std::sqrt;
using std::tanh;

template <class T>
T unary_value(UnaryOp op, T x) {
  [[maybe_unused]] const auto K = [](double value) { return static_cast<T>(value); };
  switch (op) {
#define GRUS_UNARY(name, y_expression, ...) \
  case UnaryOp::name:                       \
    return y_expression;
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
#include "core/elementwise.def"
  }
  return T(0);
}

template <class T>
T unary_slope(UnaryOp op, [[maybe_unused]] T x, [[maybe_unused]] T y, T dy) {
  [[maybe_unused]] const auto K = [](double value) { return static_cast<T>(value); };
  switch (op) {
#define GRUS_UNARY(name, y_expression, dx_expression, ...) \
  case UnaryOp::name:                                      \
    return dx_expression;
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
#include "core/elementwise.def"
  }
  return T(0);
}

template <class T>
T binary_value(BinaryOp op, T a, T b) {
  switch (op) {
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, y_expression, ...) \
  case BinaryOp::name:                       \
    return static_cast<T>(y_expression);
#define GRUS_COMPARE(...)
#include "core/elementwise.def"
  }
  return T(0);
}

template <class T>
T binary_slope(BinaryOp op, int wrt, [[maybe_unused]] T a, [[maybe_unused]] T b, [[maybe_unused]] T y, T dy) {
  [[maybe_unused]] const auto K = [](double value) { return static_cast<T>(value); };
  switch (op) {
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, y_expression, da_expression, db_expression, ...) \
  case BinaryOp::name:                                                     \
    return wrt == 0 ? (da_expression) : (db_expression);
#define GRUS_COMPARE(...)
#include "core/elementwise.def"
  }
  return T(0);
}

template <class T>
bool comparison(CompareOp op, T a, T b) {
  switch (op) {
#define GRUS_UNARY(...)
#define GRUS_BINARY(...)
#define GRUS_COMPARE(name, expression) \
  case CompareOp::name:                \
    return expression;
#include "core/elementwise.def"
  }
  return false;
}

}  // namespace

Status copy(Context*, const View& y, const View& x, bool accumulate) {
  return with_type(y.dtype, [&](auto to) {
    using To = decltype(to);
    return with_type(x.dtype, [&](auto from) {
      using From = decltype(from);
      To* out = data<To>(y);
      const From* in = data<From>(x);
      for_each_element(
          y,
          [&](const int64_t* at) {
            const To value = static_cast<To>(in[at[1]]);
            out[at[0]] = accumulate ? static_cast<To>(out[at[0]] + value) : value;
          },
          y, x);
      return Status::ok;
    });
  });
}

Status fill(Context*, const View& y, double value) {
  return with_type(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* out = data<T>(y);
    for_each_element(
        y, [&](const int64_t* at) { out[at[0]] = static_cast<T>(value); }, y);
    return Status::ok;
  });
}

Status unary(Context*, UnaryOp op, const View& y, const View& x) {
  return with_float(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each_element(
        y, [&](const int64_t* at) { data<T>(y)[at[0]] = unary_value<T>(op, data<T>(x)[at[1]]); }, y, x);
    return Status::ok;
  });
}

Status unary_gradient(Context*, UnaryOp op, const View& dx, const View& x, const View& y, const View& dy) {
  return with_float(dx.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each_element(
        dx,
        [&](const int64_t* at) {
          data<T>(dx)[at[0]] = unary_slope<T>(op, data<T>(x)[at[1]], data<T>(y)[at[2]], data<T>(dy)[at[3]]);
        },
        dx, x, y, dy);
    return Status::ok;
  });
}

Status binary(Context*, BinaryOp op, const View& y, const View& a, const View& b) {
  return with_type(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, bool>) {
      return Status::unsupported;
    } else {
      for_each_element(
          y, [&](const int64_t* at) { data<T>(y)[at[0]] = binary_value<T>(op, data<T>(a)[at[1]], data<T>(b)[at[2]]); },
          y, a, b);
      return Status::ok;
    }
  });
}

Status binary_gradient(Context*, BinaryOp op, int wrt, const View& dx, const View& a, const View& b, const View& y,
                       const View& dy) {
  return with_float(dx.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each_element(
        dx,
        [&](const int64_t* at) {
          data<T>(dx)[at[0]] =
              binary_slope<T>(op, wrt, data<T>(a)[at[1]], data<T>(b)[at[2]], data<T>(y)[at[3]], data<T>(dy)[at[4]]);
        },
        dx, a, b, y, dy);
    return Status::ok;
  });
}

Status compare(Context*, CompareOp op, const View& y, const View& a, const View& b) {
  return with_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each_element(
        y, [&](const int64_t* at) { data<bool>(y)[at[0]] = comparison<T>(op, data<T>(a)[at[1]], data<T>(b)[at[2]]); },
        y, a, b);
    return Status::ok;
  });
}

Status select(Context*, const View& y, const View& condition, const View& a, const View& b) {
  return with_type(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each_element(
        y,
        [&](const int64_t* at) {
          data<T>(y)[at[0]] = data<bool>(condition)[at[1]] ? data<T>(a)[at[2]] : data<T>(b)[at[3]];
        },
        y, condition, a, b);
    return Status::ok;
  });
}

}  // namespace grus::reference
