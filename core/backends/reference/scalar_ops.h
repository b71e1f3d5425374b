#pragma once
// The meaning of core/device/elementwise.def for scalars: y and its gradients for one element of type T.
#include <cmath>
#include <type_traits>

#include "core/device/kernels.h"

namespace grus::reference {

template <class T>
T select(bool condition, T a, T b) {
  return condition ? a : b;
}

/// 1 / (1 + exp(-x)), without overflow on either side.
template <class T>
T sigmoid(T x) {
  const T e = std::exp(-std::abs(x));
  return (x < 0 ? e : T(1)) / (1 + e);
}

/// log(1 + exp(x)), without overflow.
template <class T>
T softplus(T x) {
  return (x > 0 ? x : T(0)) + std::log1p(std::exp(-std::abs(x)));
}

/// The remainder with the divisor's sign: a - floor(a / b) b. Of integers by 0 it is 0.
template <class T>
T remainder(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    if (b == 0 || b == -1) return 0;
    const T rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  } else {
    const T rest = std::fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
}

/// floor(a / b), of what is exact: (a - remainder(a, b)) / b. Of integers by 0 it is 0.
template <class T>
T floor_divide(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    if (b == 0) return 0;
    if (b == -1) return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(a));
    return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
  } else {
    if (b == 0) return a / b;
    const T rest = std::fmod(a, b), quotient = (a - rest) / b;
    const T down = rest != 0 && (rest < 0) != (b < 0) ? quotient - 1 : quotient;
    return down == 0 ? std::copysign(T(0), a / b) : std::rint(down);
  }
}

using std::atan;
using std::atan2;
using std::ceil;
using std::cos;
using std::erf;
using std::exp;
using std::expm1;
using std::floor;
using std::log;
using std::log1p;
using std::pow;
using std::rint;
using std::sin;
using std::sqrt;
using std::tan;
using std::tanh;

template <UnaryOp>
struct Unary;
template <BinaryOp>
struct Binary;
template <CompareOp>
struct Compare;

// K(number) is a constant of the element type.
#define GRUS_UNARY(name, value, gradient, ...)                                              \
  template <>                                                                               \
  struct Unary<UnaryOp::name> {                                                             \
    template <class T>                                                                      \
    static T y_of(T x) {                                                                    \
      [[maybe_unused]] const auto K = [](double number) { return static_cast<T>(number); }; \
      return value;                                                                         \
    }                                                                                       \
    template <class T>                                                                      \
    static T dx_of([[maybe_unused]] T x, [[maybe_unused]] T y, T dy) {                      \
      [[maybe_unused]] const auto K = [](double number) { return static_cast<T>(number); }; \
      return gradient;                                                                      \
    }                                                                                       \
  };
#define GRUS_BINARY(name, value, gradient_a, gradient_b, ...)                                \
  template <>                                                                                \
  struct Binary<BinaryOp::name> {                                                            \
    template <class T>                                                                       \
    static T y_of(T a, T b) {                                                                \
      [[maybe_unused]] const auto K = [](double number) { return static_cast<T>(number); };  \
      return value;                                                                          \
    }                                                                                        \
    template <class T>                                                                       \
    static T da_of([[maybe_unused]] T a, [[maybe_unused]] T b, [[maybe_unused]] T y, T dy) { \
      [[maybe_unused]] const auto K = [](double number) { return static_cast<T>(number); };  \
      return gradient_a;                                                                     \
    }                                                                                        \
    template <class T>                                                                       \
    static T db_of([[maybe_unused]] T a, [[maybe_unused]] T b, [[maybe_unused]] T y, T dy) { \
      [[maybe_unused]] const auto K = [](double number) { return static_cast<T>(number); };  \
      return gradient_b;                                                                     \
    }                                                                                        \
  };
#define GRUS_COMPARE(name, value, ...) \
  template <>                          \
  struct Compare<CompareOp::name> {    \
    template <class T>                 \
    static bool y_of(T a, T b) {       \
      return value;                    \
    }                                  \
  };
#include "core/device/elementwise.def"

}  // namespace grus::reference
