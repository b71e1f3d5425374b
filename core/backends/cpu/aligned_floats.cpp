#include "core/backends/cpu/aligned_floats.h"

#include <cstdlib>

#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/heap.h"

namespace grus::cpu {
namespace {

// In use, panels stay as long as their weights. In training the heap is left to tensors: a thread's own vectors, which
// stay between them, would keep freed neighbours from being joined.
constexpr size_t from_heap = use_only ? large_buffer : SIZE_MAX;

}  // namespace

void ReleaseFloats::operator()(float* floats) const {
  if (bytes < from_heap) std::free(floats);
  else shared_heap().release(floats, bytes);
}

AlignedFloats aligned_floats(int64_t n) {
  constexpr size_t alignment = 64;
  const size_t bytes = (static_cast<size_t>(n) * sizeof(float) + alignment - 1) / alignment * alignment;
  void* const memory = bytes < from_heap ? std::aligned_alloc(alignment, bytes) : shared_heap().allocate(bytes);
  return {static_cast<float*>(memory), ReleaseFloats{bytes}};
}

}  // namespace grus::cpu
