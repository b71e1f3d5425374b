// KernelTable::run_parts: a caller's loops over independent rows.
#include <array>
#include <atomic>
#include <utility>

#include "core/backends/backends.h"
#include "tests/core/backends/harness.h"
#include "tests/support/threads.h"

using namespace grus;
using namespace grus::test;

namespace {

struct Loop {
  std::array<std::atomic<int>, 64> runs{};
  std::atomic<int> parts = 0;
  int failing = -1;
};

Status run(void* argument, int part, int parts) {
  Loop& loop = *static_cast<Loop*>(argument);
  ++loop.runs[static_cast<size_t>(part)];
  loop.parts = parts;
  return part == loop.failing ? Status::unsupported : Status::ok;
}

}  // namespace

TEST_CASE("run_parts: every part runs once, and the status of one that fails comes back") {
  for (const Backend& backend : backends()) {
    if (!backend.table.run_parts) continue;
    for (const int count : {1, 2, 3}) {
      const Threads scope(count);
      for (const int64_t rows : {0, 1, 30, 1000}) {
        Loop loop;
        CHECK(backend.table.run_parts(backend.context, {rows, 64, &loop, run}) == Status::ok);
        for (int part = 0; part < 64; ++part) CHECK(loop.runs[static_cast<size_t>(part)] == (part < loop.parts));
        loop.failing = loop.parts - 1;
        CHECK(backend.table.run_parts(backend.context, {rows, 64, &loop, run}) == Status::unsupported);
      }
    }
  }
}

TEST_CASE("cpu: every thread takes a part where each has a tile of rows; no thread stays idle") {
  const Threads scope(3);
  const auto parts_of = [](int64_t rows, int64_t most) {
    Loop loop;
    CHECK(cpu_backend().run_parts(nullptr, {rows, most, &loop, run}) == Status::ok);
    return loop.parts.load();
  };
  for (const int64_t rows : {0, 11, 35}) CHECK(parts_of(rows, 100) == 1);
  for (const int64_t rows : {36, 1000}) CHECK(parts_of(rows, 100) == 3);
  CHECK(parts_of(1000, 3) == 3);
  CHECK(parts_of(1000, 2) == 1);
}
