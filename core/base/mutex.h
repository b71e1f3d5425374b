#pragma once
// A mutex for short work that is done at every op.
#include <atomic>
#include <cstdint>

namespace grus {

/// A Mutex is a std::mutex whose lock and unlock are one instruction each where nobody waits (Drepper, "Futexes are
/// tricky", 2011, the third of its mutexes). Who waits sleeps.
class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() {
    uint32_t expected = open;
    if (!state_.compare_exchange_strong(expected, held, std::memory_order_acquire)) [[unlikely]]
      lock_contended();
  }
  void unlock() {
    if (state_.exchange(open, std::memory_order_release) == waited_for) [[unlikely]]
      state_.notify_one();
  }

 private:
  static constexpr uint32_t open = 0, held = 1, waited_for = 2;  // waited_for: held, and somebody may sleep
  void lock_contended();
  std::atomic<uint32_t> state_{open};
};

}  // namespace grus
