#pragma once
// Random numbers of the host alone, the same on every machine: shuffles, sampling, first places of a map.
#include <cstdint>

namespace grus {

/// SplitMix64 (Steele, Lea, Flood 2014). Streams of one seed are independent of each other.
class SplitMix {
 public:
  explicit SplitMix(uint64_t seed, uint64_t stream = 0) : state_(mix(seed) + mix(~stream)) {}
  uint64_t next() { return mix(state_ += golden); }
  /// Returns a uniform number in [0, n), n > 0, without bias.
  uint64_t below(uint64_t n) {
    const uint64_t unbiased = UINT64_MAX - UINT64_MAX % n;
    uint64_t draw = next();
    while (draw >= unbiased) draw = next();
    return draw % n;
  }

 private:
  static constexpr uint64_t golden = 0x9E3779B97F4A7C15;
  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

}  // namespace grus
