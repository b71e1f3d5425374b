#pragma once
// The one thread pool of the process. A job's number of tasks depends on the work and the number of threads, never on
// who runs them, so that results do not depend on timing: task t starts on thread t, and a free thread takes a task
// that nobody has begun. The calling thread is one of the pool's threads. Within a task everything is serial: a nested
// job runs on the thread that asked, and parallel_for does not cut it. While another thread's job runs, a job is done
// by the thread that asked, task by task, to the same bits.
// Sources: thread_pool.cpp, thread_pool_absent.cpp.
#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace grus {

inline constexpr int max_threads = 256;
inline constexpr int max_tasks = 1024;

int pool_threads();
/// Tells whether the calling thread is within a task of a job of several tasks.
bool in_task();
/// Number of threads that a job begun here would get; it is 1 within a task.
int threads_here();
void set_pool_threads(int threads);

using TaskFunction = void (*)(void* argument, int task);
/// Runs function(argument, t) for t in [0, tasks), tasks <= max_tasks, and returns when all are done. The function may
/// not throw.
void run_tasks(int tasks, TaskFunction function, void* argument);

template <class F>
void run_tasks(int tasks, F&& f) {
  run_tasks(
      tasks, [](void* argument, int task) { (*static_cast<std::remove_reference_t<F>*>(argument))(task); }, &f);
}

/// Number of ranges into which parallel_for cuts n items when a range should have at least `grain` of them.
inline int ranges_of(int64_t n, int64_t grain) {
  const int64_t most = n / std::max<int64_t>(grain, 1);
  return most <= 1 ? 1 : static_cast<int>(std::min<int64_t>(most, threads_here()));
}

/// Calls f(begin, end) for ranges that cover [0, n), on as many threads as the grain allows.
template <class F>
void parallel_for(int64_t n, int64_t grain, F&& f) {
  const int ranges = ranges_of(n, grain);
  if (ranges == 1) {
    if (n > 0) f(int64_t{0}, n);
    return;
  }
  run_tasks(ranges, [&](int task) { f(n * task / ranges, n * (task + 1) / ranges); });
}

}  // namespace grus
