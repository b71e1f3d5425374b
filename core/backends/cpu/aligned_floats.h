#pragma once
// Host memory for vectors, aligned to a cache line.
#include <cstddef>
#include <cstdint>
#include <memory>

namespace grus::cpu {

struct ReleaseFloats {
  size_t bytes = 0;
  void operator()(float* floats) const;
};
using AlignedFloats = std::unique_ptr<float[], ReleaseFloats>;

/// Allocates n floats, 64-byte aligned, in a build for use many of them from the heap of large buffers; null when there
/// is no memory.
AlignedFloats aligned_floats(int64_t n);

}  // namespace grus::cpu
