// The cpu backend's heap for large buffers.
#include <doctest/doctest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "core/backends/cpu/heap.h"

using grus::cpu::Heap;

namespace {

constexpr size_t mib = 1 << 20;

char* taken(Heap& heap, size_t bytes) { return static_cast<char*>(heap.allocate(bytes)); }

/// Counts the pages of a block that are in memory; the pages at its ends may be other blocks'.
size_t resident_pages(char* block, size_t bytes) {
  const auto address = reinterpret_cast<uintptr_t>(block);
  char* const begin = block + (4096 - address % 4096) % 4096;
  std::vector<unsigned char> pages((bytes - 4096) / 4096);
  REQUIRE(mincore(begin, pages.size() * 4096, pages.data()) == 0);
  return static_cast<size_t>(std::count_if(pages.begin(), pages.end(), [](unsigned char p) { return p & 1; }));
}

}  // namespace

TEST_CASE("cpu heap: blocks are aligned, hold what is written, and never overlap, whatever is freed between") {
  struct Block {
    char* memory;
    size_t bytes;
    char mark;
  };
  Heap heap(64 * mib);
  std::mt19937 random(1);
  std::vector<Block> blocks;
  for (int turn = 0; turn < 2000; ++turn) {
    if (!blocks.empty() && random() % 2 == 0) {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      const Block& block = blocks.back();
      CHECK(std::count(block.memory, block.memory + block.bytes, block.mark) == static_cast<int64_t>(block.bytes));
      heap.release(block.memory, block.bytes);
      blocks.pop_back();
    } else if (char* const memory = taken(heap, random() % 5000)) {
      CHECK(reinterpret_cast<uintptr_t>(memory) % 64 == 0);
      blocks.push_back({memory, 0, static_cast<char>(turn)});
      heap.release(memory, 0);
      blocks.back().bytes = random() % 5000;
      blocks.back().memory = taken(heap, blocks.back().bytes);
      std::memset(blocks.back().memory, blocks.back().mark, blocks.back().bytes);
    }
  }
}

TEST_CASE("cpu heap: the lowest block that is large enough is cut, and free neighbours are joined") {
  Heap heap(16 * mib);
  char *a = taken(heap, mib), *b = taken(heap, 2 * mib), *c = taken(heap, mib), *d = taken(heap, mib);
  CHECK(b == a + mib);
  heap.release(b, 2 * mib);
  CHECK(taken(heap, mib / 2) == b);
  CHECK(taken(heap, 2 * mib) == d + mib);  // what is left of b is too small
  CHECK(taken(heap, mib) == b + mib / 2);
  heap.release(b + mib / 2, mib);
  heap.release(c, mib);
  heap.release(b, mib / 2);
  CHECK(taken(heap, 3 * mib) == b);
}

TEST_CASE("cpu heap: what is free at its end is the beginning of a larger block") {
  Heap heap(16 * mib);
  char *a = taken(heap, mib), *b = taken(heap, 2 * mib);
  heap.release(b, 2 * mib);
  CHECK(taken(heap, 15 * mib) == a + mib);
}

TEST_CASE("cpu heap: more than there is room for gives null, and nothing is lost by it") {
  Heap heap(16 * mib);
  char* const a = taken(heap, 10 * mib);
  CHECK(heap.allocate(7 * mib) == nullptr);
  CHECK(heap.allocate(SIZE_MAX) == nullptr);
  CHECK(heap.allocate(SIZE_MAX - 100) == nullptr);
  heap.release(a, 10 * mib);
  CHECK(taken(heap, 16 * mib) == a);
}

TEST_CASE("cpu heap: trim gives back the pages of free blocks only") {
  Heap heap(64 * mib);
  char *a = taken(heap, 8 * mib), *b = taken(heap, 8 * mib);
  std::memset(a, 1, 8 * mib);
  std::memset(b, 2, 8 * mib);
  heap.release(a, 8 * mib);
  CHECK(resident_pages(a, 8 * mib) > 2000);
  heap.trim();
  CHECK(resident_pages(a, 8 * mib) == 0);
  CHECK(std::count(b, b + 8 * mib, 2) == static_cast<int64_t>(8 * mib));
}
