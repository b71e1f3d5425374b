// In the place of heap.cpp, where there is no address space to reserve: blocks are those of the C library.
#include "core/backends/cpu/heap.h"

#include <cstdlib>

namespace grus::cpu {

Heap::Heap(size_t) {}
Heap::~Heap() = default;

void* Heap::allocate(size_t bytes) {
  constexpr size_t alignment = 64;
  if (bytes > PTRDIFF_MAX) return nullptr;
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void Heap::release(void* block, size_t) { std::free(block); }
void Heap::trim() {}

Heap& shared_heap() {
  static Heap* const heap = new Heap(0);
  return *heap;
}

}  // namespace grus::cpu
