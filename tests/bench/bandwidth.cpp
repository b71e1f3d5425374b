#include <sys/mman.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "tests/bench/measure.h"

namespace grus::bench {
namespace {

constexpr size_t line = 64 / sizeof(uint64_t);
constexpr std::align_val_t huge_page{2 << 20};

/// Adds every word of [begin, end) to the sum, in as many independent sums as a line has words.
uint64_t read_all(const uint64_t* begin, const uint64_t* end) {
  uint64_t sums[line] = {};
  for (; begin != end; begin += line)
    for (size_t i = 0; i < line; ++i) sums[i] += begin[i];
  uint64_t sum = 0;
  for (uint64_t s : sums) sum += s;
  return sum;
}

struct Free {
  void operator()(uint64_t* p) const { ::operator delete(p, huge_page); }
};

/// Calls f(begin, end) on each thread with its part of [0, n).
template <class F>
void on_threads(size_t threads, size_t n, F&& f) {
  std::vector<std::thread> running;
  for (size_t i = 0; i < threads; ++i) running.emplace_back([&, i] { f(i, n * i / threads, n * (i + 1) / threads); });
  for (std::thread& thread : running) thread.join();
}

}  // namespace

double last_level_cache_mib() {
  double mib = 0;
  for (int index = 0;; ++index) {
    std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/size");
    double kib = 0;
    if (!(file >> kib)) return mib;
    mib = std::max(mib, kib / 1024);
  }
}

double memory_bandwidth(int threads) {
  const size_t lines = static_cast<size_t>(std::max(256.0, 4 * last_level_cache_mib())) << 20 >> 6;
  const std::unique_ptr<uint64_t, Free> words(
      static_cast<uint64_t*>(::operator new(lines * 64, huge_page, std::nothrow)));
  require<UsageError>(words != nullptr, "[memory_bandwidth] need {} MiB of memory", lines >> 14);
#ifdef MADV_HUGEPAGE
  madvise(words.get(), lines * 64, MADV_HUGEPAGE);  // a wish: 5 to 20 % more where the system grants it
#endif
  const auto count = static_cast<size_t>(threads);
  std::vector<uint64_t> sums(count);
  // The threads that read the memory also write it first, so that each has its part near on machines with several
  // memories.
  on_threads(count, lines, [&](size_t, size_t begin, size_t end) {
    std::fill(words.get() + begin * line, words.get() + end * line, 1);
  });
  double best = 0;
  for (int pass = 0; pass < 8; ++pass) {
    const double start = seconds();
    on_threads(count, lines, [&](size_t i, size_t begin, size_t end) {
      sums[i] = read_all(words.get() + begin * line, words.get() + end * line);
    });
    best = std::max(best, 64e-9 * static_cast<double>(lines) / (seconds() - start));
  }
  uint64_t sum = 0;
  for (uint64_t s : sums) sum += s;
  require<UsageError>(sum == lines * line, "[memory_bandwidth] need a sum of {}, got {}", lines * line, sum);
  return best;
}

}  // namespace grus::bench
