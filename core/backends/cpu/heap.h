#pragma once
// A heap for large blocks: one stretch of address space, in which free neighbours are joined and the lowest free block
// that is large enough is cut. Pages stay with the process when their block is freed, so that training on batches of
// ever new sizes neither asks the system for pages at every step nor keeps a buffer for every size.
// Sources: heap.cpp, heap_absent.cpp.
#include <cstddef>
#include <map>
#include <mutex>

namespace grus::cpu {

class Heap {
 public:
  /// Reserves up to `most` bytes of address space; memory is taken only where blocks are written.
  explicit Heap(size_t most);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// Returns an uninitialized block, 64-byte aligned; null when there is no room.
  void* allocate(size_t bytes);
  /// Frees a block; `bytes` is what it was allocated with.
  void release(void* block, size_t bytes);
  /// Gives the pages of free blocks back to the system.
  void trim();

 private:
  bool grow(size_t bytes);
  char* start_ = nullptr;
  size_t most_ = 0, writable_ = 0;  // bytes from start_ that are reserved and accessible
  std::map<char*, size_t> free_;    // sizes by address; no two blocks touch
  std::mutex mutex_;
};

/// Returns the heap of all devices of this backend. It is never destroyed: tensors may outlive whatever else is static.
Heap& shared_heap();

}  // namespace grus::cpu
