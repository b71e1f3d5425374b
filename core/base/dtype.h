#pragma once
// Types of elements, and how many axes a tensor can have. Types are never promoted silently: an op that meets two of
// them throws DtypeError and names both.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/base/half.h"

namespace grus {

/// A tensor has at most this many axes.
inline constexpr int max_rank = 6;

/// Ops compute with f32 and f64, many also with i32 and i64; conditions and masks are bool. u8, bf16 and f16 are for
/// storage alone: tensors of them are made, copied, cast, cut, indexed, printed and saved, and every other op asks for
/// a cast.
enum class DType : int32_t { f32, f64, i32, i64, boolean, u8, bf16, f16 };

constexpr size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f64:
    case DType::i64:
      return 8;
    case DType::boolean:
    case DType::u8:
      return 1;
    case DType::bf16:
    case DType::f16:
      return 2;
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
    case DType::u8:
      return "u8";
    case DType::bf16:
      return "bf16";
    case DType::f16:
      return "f16";
  }
  return "?";
}
/// Tells whether ops with gradients compute with the dtype.
constexpr bool is_float(DType dtype) { return dtype == DType::f32 || dtype == DType::f64; }
/// Tells whether the dtype stores floats of 16 bits.
constexpr bool is_narrow_float(DType dtype) { return dtype == DType::bf16 || dtype == DType::f16; }
/// Tells whether ops compute with the dtype: f32, f64, i32 or i64.
constexpr bool is_number(DType dtype) { return is_float(dtype) || dtype == DType::i32 || dtype == DType::i64; }

/// DType of a C++ element type: float, double, int32_t, int64_t, bool, uint8_t, bfloat16 or float16.
template <class T>
inline constexpr DType dtype_of = [] {
  static_assert(sizeof(T) == 0, "float, double, int32_t, int64_t, bool, uint8_t, bfloat16 or float16");
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
template <>
inline constexpr DType dtype_of<uint8_t> = DType::u8;
template <>
inline constexpr DType dtype_of<bfloat16> = DType::bf16;
template <>
inline constexpr DType dtype_of<float16> = DType::f16;

/// Converts x to a To, the same on every backend: floats are cut towards zero and to an integer's range, NaN becomes 0,
/// integers keep their low bits, bool is x != 0, and a bf16 or f16 is the nearest to x as f32. (C++ defines its own
/// cast of floats only within the range.)
template <class To, class From>
constexpr To cast_to(From x) {
  if constexpr (std::is_same_v<From, bfloat16> || std::is_same_v<From, float16>) return cast_to<To>(to_float(x));
  else if constexpr (std::is_same_v<To, bfloat16>) return to_bfloat16(static_cast<float>(x));
  else if constexpr (std::is_same_v<To, float16>) return to_float16(static_cast<float>(x));
  else if constexpr (std::is_same_v<To, bool>) return x != From(0);
  else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    // 2^8, 2^31 or 2^63 is the first value that does not fit, and exact in every float type.
    constexpr From end = static_cast<From>(1ull << std::numeric_limits<To>::digits);
    constexpr From low = std::is_signed_v<To> ? -end : From(0);
    if (x != x) return 0;  // NaN, without <cmath>: NOLINT(misc-redundant-expression)
    if (x >= end) return std::numeric_limits<To>::max();
    return x < low ? std::numeric_limits<To>::min() : static_cast<To>(x);
  } else return static_cast<To>(x);
}

}  // namespace grus
