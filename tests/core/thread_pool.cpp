#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "core/base/thread_pool.h"
#include "tests/support/threads.h"

using namespace grus;
using test::Threads;

TEST_CASE("pool: every task runs once, whatever the number of threads and tasks") {
  for (int threads : {1, 2, 3, 5}) {
    const Threads scope(threads);
    for (int tasks : {0, 1, 2, 3, 7, 64, max_tasks}) {
      std::vector<std::atomic<int>> runs(static_cast<size_t>(tasks));
      for (int repeat = 0; repeat < 20; ++repeat)
        run_tasks(tasks, [&](int task) { ++runs[static_cast<size_t>(task)]; });
      for (const auto& count : runs) CHECK(count == 20);
    }
  }
}

TEST_CASE("pool: parallel_for covers the range once and obeys the grain") {
  const Threads scope(3);
  for (int64_t n : {0, 1, 2, 3, 10, 1000}) {
    std::vector<std::atomic<int>> seen(static_cast<size_t>(n));
    std::atomic<int> ranges = 0;
    parallel_for(n, 4, [&](int64_t begin, int64_t end) {
      ++ranges;
      for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
    });
    for (const auto& count : seen) CHECK(count == 1);
    CHECK(ranges == (n == 0 ? 0 : n < 8 ? 1 : n < 12 ? 2 : 3));
  }
}

TEST_CASE("pool: a nested range is not cut, but a job of one task may cut its own") {
  const Threads scope(2);
  const auto ranges = [] { return ranges_of(100, 1); };
  CHECK(ranges() == 2);
  std::atomic<int> inside = 0;
  run_tasks(3, [&](int) { inside += ranges(); });
  CHECK(inside == 3);
  run_tasks(1, [&](int) { inside = ranges(); });
  CHECK(inside == 2);
}

TEST_CASE("pool: a nested job runs on the thread that asked") {
  const Threads scope(2);
  std::atomic<int> count = 0;
  run_tasks(2, [&](int) {
    const auto self = std::this_thread::get_id();
    run_tasks(8, [&](int) {
      if (std::this_thread::get_id() == self) ++count;
    });
  });
  CHECK(count == 16);
}

TEST_CASE("pool: jobs of several threads at once are all done") {
  const Threads scope(2);
  std::atomic<int> count = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      for (int repeat = 0; repeat < 200; ++repeat) run_tasks(5, [&](int) { ++count; });
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(count == 4 * 200 * 5);
}

TEST_CASE("threads: a number that makes no sense is a usage error") {
  CHECK_THROWS_WITH_AS(set_num_threads(0), "[threads] need 1 to 256 threads, got 0", UsageError);
  CHECK_THROWS_AS(set_num_threads(257), UsageError);
  CHECK(num_threads() >= 1);
}
