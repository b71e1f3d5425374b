#pragma once
// Host memory for vectors, aligned to a cache line.
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace grus::cpu {

struct FreeAligned {
  void operator()(float* p) const { std::free(p); }
};
using AlignedFloats = std::unique_ptr<float[], FreeAligned>;

/// Allocates n floats, 64-byte aligned; null when there is no memory.
inline AlignedFloats aligned_floats(int64_t n) {
  const size_t bytes = (static_cast<size_t>(n) * sizeof(float) + 63) / 64 * 64;
  return AlignedFloats(static_cast<float*>(std::aligned_alloc(64, bytes)));
}

}  // namespace grus::cpu
