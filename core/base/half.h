#pragma once
// Floats of 16 bits, as files hold them, widened to f32 without loss.
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

/// Returns a bf16, the upper half of an f32, as f32.
constexpr float from_bfloat(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

}  // namespace grus
