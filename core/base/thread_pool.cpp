#include "core/base/thread_pool.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif

namespace grus {
namespace {

// A free thread spins this long before it sleeps: the kernels of a training step follow each other within it.
constexpr std::chrono::microseconds spin_time{40};

thread_local bool inside_task = false;

void run_task(TaskFunction function, void* argument, int task) {
  const bool nested = std::exchange(inside_task, true);
  function(argument, task);
  inside_task = nested;
}

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins until ready() or until the time is over, and returns whether it was ready().
template <class F>
bool spin_until(F&& ready) {
  const auto end = std::chrono::steady_clock::now() + spin_time;
  do {
    for (int i = 0; i < 64; ++i) {
      if (ready()) return true;
      relax();
    }
  } while (std::chrono::steady_clock::now() < end);
  return ready();
}

int initial_threads() {
  if (const char* text = std::getenv("GRUS_NUM_THREADS"); text && *text) {
    const long threads = std::strtol(text, nullptr, 10);
    if (threads >= 1) return static_cast<int>(std::min<long>(threads, max_threads));
  }
#ifdef __linux__
  if (cpu_set_t set; sched_getaffinity(0, sizeof set, &set) == 0) return std::clamp(CPU_COUNT(&set), 1, max_threads);
#endif
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, max_threads);
}

class Pool {
 public:
  int threads() const { return threads_.load(std::memory_order_relaxed); }

  void resize(int threads) {
    std::lock_guard lock(mutex_);
    stop_workers();
    threads_ = threads;
  }

  void run(int tasks, TaskFunction function, void* argument) {
    if (tasks == 1) return function(argument, 0);  // it is not a task, so what it runs may have all threads
    std::unique_lock lock(mutex_, std::defer_lock);
    if (inside_task || threads() == 1 || !lock.try_lock()) {
      for (int task = 0; task < tasks; ++task) run_task(function, argument, task);
      return;
    }
    start_workers();
    function_ = function;
    argument_ = argument;
    remaining_.store(tasks, std::memory_order_relaxed);
    const uint64_t job = job_of(++epoch_, tasks);
    job_.store(job);
    if (sleepers_.load() > 0) job_.notify_all();
    take_tasks(job, 0);
    if (!spin_until([&] { return remaining_.load(std::memory_order_acquire) == 0; }))
      for (int left; (left = remaining_.load(std::memory_order_acquire)) != 0;) remaining_.wait(left);
  }

 private:
  // A job is named by its epoch and its number of tasks in one word, so that a late worker reads both together.
  static uint64_t job_of(uint64_t epoch, int tasks) { return epoch << 16 | static_cast<uint64_t>(tasks); }

  /// Runs every task of the job that nobody has claimed. A claim stores the epoch and can succeed only while the job is
  /// running, so function_ and argument_ are the job's own.
  void take_tasks(uint64_t job, int first) {
    const uint64_t epoch = job >> 16;
    const int tasks = static_cast<int>(job & 0xffff);
    for (int i = 0; i < tasks; ++i) {
      const int task = (first + i) % tasks;
      uint64_t seen = claims_[task].load(std::memory_order_relaxed);
      if (seen >= epoch || !claims_[task].compare_exchange_strong(seen, epoch)) continue;
      run_task(function_, argument_, task);
      if (remaining_.fetch_sub(1, std::memory_order_acq_rel) == 1) remaining_.notify_one();
    }
  }

  void work(int index, uint64_t seen) {
    while (!stopping_.load()) {
      if (!spin_until([&] { return job_.load() != seen; })) {
        sleepers_.fetch_add(1);
        job_.wait(seen);
        sleepers_.fetch_sub(1);
      }
      seen = job_.load();
      if ((seen & 0xffff) != 0) take_tasks(seen, index);
    }
  }

  void start_workers() {
    while (static_cast<int>(workers_.size()) < threads() - 1)
      workers_.emplace_back(&Pool::work, this, static_cast<int>(workers_.size()) + 1, job_.load());
  }

  void stop_workers() {
    stopping_ = true;
    job_.store(job_of(++epoch_, 0));
    job_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    stopping_ = false;
  }

  std::mutex mutex_;  // held by the thread whose job runs
  std::atomic<int> threads_{initial_threads()};
  std::vector<std::thread> workers_;
  std::atomic<bool> stopping_{false};
  TaskFunction function_ = nullptr;
  void* argument_ = nullptr;
  uint64_t epoch_ = 0;
  alignas(64) std::atomic<uint64_t> job_{0};
  alignas(64) std::atomic<int> remaining_{0};
  alignas(64) std::atomic<int> sleepers_{0};
  alignas(64) std::atomic<uint64_t> claims_[max_tasks]{};
};

// The pool is never destroyed: its workers may still be asleep when static objects go.
Pool& pool() {
  static Pool* const pool = new Pool;
  return *pool;
}

}  // namespace

int pool_threads() { return pool().threads(); }
bool in_task() { return inside_task; }
int threads_here() { return inside_task ? 1 : pool_threads(); }
void set_pool_threads(int threads) { pool().resize(threads); }
void run_tasks(int tasks, TaskFunction function, void* argument) { pool().run(tasks, function, argument); }

}  // namespace grus
