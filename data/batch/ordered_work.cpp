#include "data/batch/ordered_work.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/device/device.h"

namespace grus::data {

// Threads that take items in order. The slots are those of the items given next, the first one in front.
class OrderedWork::Crew {
 public:
  Crew(int64_t first, int64_t end, Limits limits, const Make& make)
      : begun_(first), end_(end), make_(make), device_(default_device()), slots_(static_cast<size_t>(limits.ahead)) {
    last_ = first + limits.ahead;
    try {
      for (int64_t t = 0; t < limits.threads; ++t) threads_.emplace_back([this] { run(); });
    } catch (...) {  // a thread that could not begin: the others must end
      stop();
      throw;
    }
  }
  ~Crew() { stop(); }

  // Waits for the front item, and makes room for one more.
  std::shared_ptr<void> take() {
    std::unique_lock lock(mutex_);
    made_.wait(lock, [this] { return slots_.front().done; });
    if (slots_.front().error) std::rethrow_exception(slots_.front().error);
    std::shared_ptr<void> item = std::move(slots_.front().item);
    slots_.pop_front();
    slots_.emplace_back();
    ++last_;
    lock.unlock();
    room_.notify_one();
    return item;
  }

 private:
  struct Slot {
    std::shared_ptr<void> item;
    std::exception_ptr error;
    bool done = false;
  };

  void run() {
    set_default_device(device_);
    std::unique_lock lock(mutex_);
    for (;;) {
      room_.wait(lock, [this] { return stop_ || begun_ == end_ || begun_ < last_; });
      if (stop_ || begun_ == end_) return;
      const int64_t item = begun_++;
      lock.unlock();
      Slot made;
      try {
        made.item = make_(item);
      } catch (...) {
        made.error = std::current_exception();
      }
      made.done = true;
      lock.lock();
      if (made.error) end_ = begun_;  // nobody asks for what comes after an error
      slots_[static_cast<size_t>(item - (last_ - static_cast<int64_t>(slots_.size())))] = std::move(made);
      made_.notify_one();
      if (begun_ == end_) room_.notify_all();
    }
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  int64_t begun_, end_, last_ = 0;  // items from begun_ on wait for a thread; those below last_ may begin
  const Make& make_;
  const Device device_;
  std::mutex mutex_;
  std::condition_variable room_, made_;
  std::deque<Slot> slots_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

OrderedWork::OrderedWork(int64_t first, int64_t end, Limits limits, Make make)
    : end_(end), given_(first), make_(std::move(make)) {
  if (limits.threads > 0 && first < end) crew_ = std::make_unique<Crew>(first, end, limits, make_);
}

OrderedWork::~OrderedWork() = default;

std::shared_ptr<void> OrderedWork::next() {
  if (given_ == end_) return nullptr;
  std::shared_ptr<void> item = crew_ ? crew_->take() : make_(given_);
  ++given_;
  return item;
}

}  // namespace grus::data
