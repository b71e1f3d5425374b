#pragma once
// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") makes 128 random bits from a
// counter and a key, without state.
#include <array>
#include <cstdint>

namespace grus::reference {

using Lanes = std::array<uint32_t, 4>;

constexpr Lanes philox(Lanes counter, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = 0xD2511F53ull * counter[0], product1 = 0xCD9E8D57ull * counter[2];
    const auto high0 = static_cast<uint32_t>(product0 >> 32), high1 = static_cast<uint32_t>(product1 >> 32);
    counter = {high1 ^ counter[1] ^ key0, static_cast<uint32_t>(product1), high0 ^ counter[3] ^ key1,
               static_cast<uint32_t>(product0)};
    key0 += 0x9E3779B9u;  // the golden ratio
    key1 += 0xBB67AE85u;  // sqrt(3) - 1
  }
  return counter;
}

/// Returns the bits of elements 4 block ... 4 block + 3 of a draw, one lane each.
constexpr Lanes philox_block(uint64_t seed, uint64_t draw, uint64_t block) {
  const auto low = [](uint64_t x) { return static_cast<uint32_t>(x); };
  const auto high = [](uint64_t x) { return static_cast<uint32_t>(x >> 32); };
  return philox({low(block), high(block), low(draw), high(draw)}, low(seed), high(seed));
}

/// Maps the upper 24 bits to a number in [0, 1), which is exact in f32.
constexpr double unit(uint32_t bits) { return static_cast<double>(bits >> 8) * 0x1p-24; }

/// Maps 32 bits to an integer in [0, range), range at most 2^32, each with a chance that is off by 2^-32 at most.
constexpr int64_t scaled(uint64_t bits, uint64_t range) { return static_cast<int64_t>(bits * range >> 32); }

}  // namespace grus::reference
