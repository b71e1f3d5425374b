#include "core/backends/cpu/heap.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace grus::cpu {
namespace {

constexpr size_t alignment = 64;               // a cache line, and the widest vector
constexpr size_t huge_page = size_t{2} << 20;  // what grows at once, too

size_t rounded_up(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

}  // namespace

Heap::Heap(size_t most) {
  // Nothing is taken by it, but a limit on address space (ulimit -v) may allow less.
  for (most = rounded_up(most, huge_page); most >= huge_page; most = rounded_up(most / 2, huge_page)) {
    void* const start = mmap(nullptr, most, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start != MAP_FAILED) {
      start_ = static_cast<char*>(start);
      most_ = most;
      return;
    }
    if (most == huge_page) return;
  }
}

Heap::~Heap() {
  if (start_) munmap(start_, most_);
}

void* Heap::allocate(size_t bytes) {
  if (bytes > most_) return nullptr;
  const size_t size = rounded_up(std::max(bytes, alignment), alignment);
  std::lock_guard lock(mutex_);
  auto found = std::find_if(free_.begin(), free_.end(), [&](const auto& block) { return block.second >= size; });
  if (found == free_.end()) {
    // The last free block, if it ends where the used part does, becomes the beginning of the new one.
    const bool tail =
        !free_.empty() && std::prev(free_.end())->first + std::prev(free_.end())->second == start_ + used_;
    const size_t begin = tail ? static_cast<size_t>(std::prev(free_.end())->first - start_) : used_;
    if (size > most_ - begin || !grow(begin + size)) return nullptr;
    if (tail) free_.erase(std::prev(free_.end()));
    used_ = begin + size;
    return start_ + begin;
  }
  char* const block = found->first;
  const size_t rest = found->second - size;
  free_.erase(found);
  if (rest > 0) free_.emplace(block + size, rest);
  return block;
}

/// Makes the first `bytes` accessible; false: there is no memory for them.
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
  constexpr size_t page = 4096;
  std::lock_guard lock(mutex_);
  for (const auto& [block, size] : free_) {
    const size_t begin = rounded_up(static_cast<size_t>(block - start_), page);
    const size_t end = (static_cast<size_t>(block - start_) + size) / page * page;
    if (end > begin) madvise(start_ + begin, end - begin, MADV_DONTNEED);
  }
}

}  // namespace grus::cpu
