#pragma once
// A shuffle that gives the same order on every machine and with every library; std::shuffle does not promise that.
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace grus::data {

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

/// Returns a seed for one of the things that a seed stands for; others have seeds independent of it.
inline uint64_t derived_seed(uint64_t seed, uint64_t which) { return SplitMix(seed, which).next(); }

/// Shuffles by Fisher and Yates.
template <class T>
void shuffle(std::vector<T>& items, SplitMix& random) {
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[static_cast<size_t>(random.below(i))]);
}

}  // namespace grus::data
