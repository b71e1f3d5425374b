#pragma once
// Prefetch makes the next few items on a background thread.
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace grus::data {

/// Calls `make` on its own thread until it gives nothing, at most `capacity` items ahead of next(). An exception of
/// `make` comes out of next(), after the items made before it. The destructor stops the thread once `make` returns.
template <class T>
class Prefetch {
 public:
  Prefetch(size_t capacity, std::function<std::optional<T>()> make)
      : capacity_(capacity), make_(std::move(make)), thread_([this] { run(); }) {}
  ~Prefetch() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  /// Returns the next item, or nothing after the last, and from then on.
  std::optional<T> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty() || done_; });
    if (ready_.empty()) {
      if (error_) std::rethrow_exception(error_);
      return std::nullopt;
    }
    T item = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return item;
  }

 private:
  void run() {
    std::exception_ptr error;
    try {
      while (std::optional<T> item = make_())
        if (!push(std::move(*item))) return;
    } catch (...) {
      error = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    error_ = error;
    done_ = true;
    changed_.notify_all();
  }
  // Returns false when nobody wants more items.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stop_ || ready_.size() < capacity_; });
    if (stop_) return false;
    ready_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  size_t capacity_;
  std::function<std::optional<T>()> make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> ready_;
  std::exception_ptr error_;
  bool stop_ = false, done_ = false;
  std::thread thread_;  // declared last, because it starts when all else is there
};

}  // namespace grus::data
