#pragma once
// Types of elements, and how many axes a tensor can have. Types are never promoted silently: an op that meets two of
// them throws DtypeError and names both.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace grus {

/// A tensor has at most this many axes.
inline constexpr int max_rank = 6;

enum class DType : int32_t { f32, f64, i32, i64, boolean };

constexpr size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f64:
    case DType::i64:
      return 8;
    case DType::boolean:
      return 1;
  }
  return 0;
}
constexpr const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "f32";
    case DType::f64:
      return "f64";
    case DType::i32:
      return "i32";
    case DType::i64:
      return "i64";
    case DType::boolean:
      return "bool";
  }
  return "?";
}
constexpr bool is_float(DType dtype) { return dtype == DType::f32 || dtype == DType::f64; }

/// DType of a C++ element type: float, double, int32_t, int64_t or bool.
template <class T>
inline constexpr DType dtype_of = [] {
  static_assert(sizeof(T) == 0, "float, double, int32_t, int64_t or bool");
  return DType::f32;
}();
template <>
inline constexpr DType dtype_of<float> = DType::f32;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<int32_t> = DType::i32;
template <>
inline constexpr DType dtype_of<int64_t> = DType::i64;
template <>
inline constexpr DType dtype_of<bool> = DType::boolean;

/// Converts x to a To, the same on every backend: floats are cut towards zero and to an integer's range, NaN becomes 0,
/// and bool is x != 0. (C++ defines its own cast only within the range.)
template <class To, class From>
constexpr To cast_to(From x) {
  if constexpr (std::is_same_v<To, bool>) return x != From(0);
  else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    // 2^31 or 2^63 is the first value that does not fit, and exact in every float type.
    constexpr From end = static_cast<From>(1ull << (8 * sizeof(To) - 1));
    if (x != x) return 0;
    if (x >= end) return std::numeric_limits<To>::max();
    return x < -end ? std::numeric_limits<To>::min() : static_cast<To>(x);
  } else return static_cast<To>(x);
}

}  // namespace grus
