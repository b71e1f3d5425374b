#pragma once
// Floats of 16 bits: IEEE 754 binary16 (f16) and bf16.
#include <bit>
#include <cstdint>

namespace grus {

/// Returns an IEEE 754 binary16 (sign, 5 bits of exponent, 10 of fraction) as f32.
constexpr float from_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half >> 15) << 31, exponent = (half >> 10) & 31u, fraction = half & 1023u;
  if (exponent == 0) {  // subnormal: fraction * 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  const uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

/// Returns the bits of the nearest IEEE 754 binary16, ties to even. NaN stays NaN, and from 65520 on it is infinite.
constexpr uint16_t to_half(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  const uint32_t sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);
  if (size >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);
  if (size < 0x38800000u) {  // subnormal: adding 1/2 rounds to a multiple of 2^-24
    const float shifted = std::bit_cast<float>(size) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u));
  }
  return static_cast<uint16_t>(sign | (size - (112u << 23) + 0xfffu + (size >> 13 & 1u)) >> 13);
}

/// An f16 is an IEEE 754 binary16.
struct float16 {
  uint16_t bits = 0;
  friend constexpr bool operator==(float16, float16) = default;  // of bits
};
constexpr float to_float(float16 x) { return from_half(x.bits); }
constexpr float16 to_float16(float x) { return {to_half(x)}; }

/// A bf16 is the upper half of an f32: sign, 8 bits of exponent, 7 of fraction.
struct bfloat16 {
  uint16_t bits = 0;
  friend constexpr bool operator==(bfloat16, bfloat16) = default;  // of bits
};

constexpr float to_float(bfloat16 x) { return std::bit_cast<float>(static_cast<uint32_t>(x.bits) << 16); }

/// Rounds to the nearest bf16, ties to even. NaN stays NaN, and what lies beyond the largest bf16 becomes infinite.
constexpr bfloat16 to_bfloat16(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  if (x != x) return {static_cast<uint16_t>(bits >> 16 | 0x40)};
  return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

}  // namespace grus
