#include "core/backends/cpu/heap.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace grus::cpu {
namespace {

constexpr size_t alignment = 64;               // a cache line, and the widest vector
constexpr size_t huge_page = size_t{2} << 20;  // the heap also grows by so much at once

size_t rounded_up(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

}  // namespace

Heap::Heap(size_t most) {
  // Reserving takes no memory, but a limit on address space (ulimit -v) may allow less.
  for (; most >= huge_page; most /= 2) {
    void* const memory = mmap(nullptr, most + huge_page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) continue;
    // The heap begins where a huge page can, so that its first pages are huge, too.
    char* const reserved = static_cast<char*>(memory);
    const size_t before = (huge_page - reinterpret_cast<uintptr_t>(memory) % huge_page) % huge_page;
    start_ = reserved + before;
    most_ = most;
    if (before > 0) munmap(reserved, before);
    munmap(start_ + most, huge_page - before);
    free_.emplace(start_, most_);
    return;
  }
}

Heap::~Heap() {
  if (start_) munmap(start_, most_);
}

void* Heap::allocate(size_t bytes) {
  if (bytes > most_) return nullptr;
  const size_t size = rounded_up(std::max(bytes, alignment), alignment);
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(free_.begin(), free_.end(), [&](const auto& block) { return block.second >= size; });
  if (found == free_.end()) return nullptr;
  const auto [block, room] = *found;
  if (!grow(static_cast<size_t>(block - start_) + size)) return nullptr;
  free_.erase(found);
  if (room > size) free_.emplace(block + size, room - size);
  return block;
}

/// Makes the first `bytes` accessible; false when there is no memory for them.
bool Heap::grow(size_t bytes) {
  if (bytes <= writable_) return true;
  const size_t end = std::min(rounded_up(bytes, huge_page), most_);
  if (mprotect(start_ + writable_, end - writable_, PROT_READ | PROT_WRITE) != 0) return false;
  madvise(start_ + writable_, end - writable_, MADV_HUGEPAGE);  // a page fault costs more than it brings otherwise
  writable_ = end;
  return true;
}

void Heap::release(void* block, size_t bytes) {
  char* begin = static_cast<char*>(block);
  size_t size = rounded_up(std::max(bytes, alignment), alignment);
  std::lock_guard lock(mutex_);
  auto next = free_.lower_bound(begin);
  if (next != free_.end() && begin + size == next->first) {
    size += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto previous = std::prev(next);
    if (previous->first + previous->second == begin) {
      previous->second += size;
      return;
    }
  }
  free_.emplace_hint(next, begin, size);
}

void Heap::trim() {
  const auto page = static_cast<size_t>(getpagesize());
  std::lock_guard lock(mutex_);
  for (const auto& [block, size] : free_) {
    const auto from = static_cast<size_t>(block - start_);
    const size_t begin = rounded_up(from, page), end = std::min(from + size, writable_) / page * page;
    if (end > begin) madvise(start_ + begin, end - begin, MADV_DONTNEED);
  }
}

Heap& shared_heap() {
  static Heap* const heap =
      new Heap(4 * static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(getpagesize()));
  return *heap;
}

}  // namespace grus::cpu
