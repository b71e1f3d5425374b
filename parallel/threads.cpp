#include "parallel/threads.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include "core/base/error.h"
#include "core/tensor/random.h"
#include "parallel/lifeline.h"
#include "parallel/world.h"

namespace grus::parallel {
namespace {

/// What is under way between all ranks.
struct Mail {
  explicit Mail(int size) : size(size) {}
  void fail() {
    const std::lock_guard lock(mutex);
    failed = true;
    changed.notify_all();
  }
  const int size;
  std::mutex mutex;
  std::map<std::tuple<int, int, int>, std::deque<std::vector<std::byte>>> boxes;  // of (from, to, tag)
  // A sum in the order in which ranks come: how many have added theirs and not taken it, how often all have added, and
  // how often all have taken it.
  std::condition_variable changed;
  std::vector<double> sums;
  int added = 0, added_up = 0, taken = 0;
  std::atomic<bool> failed{false};
};

void require_all(const Mail& mail) {
  if (mail.failed) throw RankGone("[ranks] need all ranks, one is gone");
}

class ThreadTransport : public Transport {
 public:
  ThreadTransport(int rank, Mail& mail) : rank_(rank), mail_(mail) {}
  int rank() const override { return rank_; }
  int size() const override { return mail_.size; }
  int64_t send(int to, int tag, const void* data, size_t bytes) override {
    const auto* const from = static_cast<const std::byte*>(data);
    std::vector<std::byte> message(from, from + bytes);
    const std::lock_guard lock(mail_.mutex);
    mail_.boxes[{rank_, to, tag}].push_back(std::move(message));
    return ++requests_;
  }
  int64_t receive(int from, int tag, void* data, size_t bytes) override {
    waiting_.push_back({++requests_, from, tag, data, bytes});
    return requests_;
  }
  // Messages of one sender and tag go to the oldest request for them.
  bool done(int64_t request) override {
    const std::lock_guard lock(mail_.mutex);
    for (auto one = waiting_.begin(); one != waiting_.end();) {
      const auto box = mail_.boxes.find({one->from, rank_, one->tag});
      const bool first = std::none_of(waiting_.begin(), one, [&](const Waiting& before) {
        return before.from == one->from && before.tag == one->tag;
      });
      if (box == mail_.boxes.end() || !first) {
        ++one;
        continue;
      }
      const std::vector<std::byte>& message = box->second.front();
      require(message.size() == one->bytes, "[ranks] need a message of {} bytes, got one of {}", one->bytes,
              message.size());
      if (!message.empty()) std::memcpy(one->data, message.data(), message.size());
      box->second.pop_front();
      if (box->second.empty()) mail_.boxes.erase(box);
      one = waiting_.erase(one);
    }
    return std::none_of(waiting_.begin(), waiting_.end(), [&](const Waiting& one) { return one.request == request; });
  }
  // Nobody begins another sum before all have this one.
  int64_t sum_all(void* data, int64_t count, bool is_f64) override {
    is_f64 ? add_to_sum(static_cast<double*>(data), count) : add_to_sum(static_cast<float*>(data), count);
    return ++requests_;
  }
  void finish() override {}

 private:
  struct Waiting {
    int64_t request;
    int from, tag;
    void* data;
    size_t bytes;
  };
  template <class T>
  void add_to_sum(T* data, int64_t count) {
    std::unique_lock lock(mail_.mutex);
    if (mail_.added == 0) mail_.sums.assign(static_cast<size_t>(count), 0);
    for (int64_t i = 0; i < count; ++i) mail_.sums[static_cast<size_t>(i)] += static_cast<double>(data[i]);
    const int added_up = mail_.added_up, taken = mail_.taken;
    if (++mail_.added == mail_.size) ++mail_.added_up;
    wait(lock, [&] { return mail_.added_up != added_up; });
    for (int64_t i = 0; i < count; ++i) data[i] = static_cast<T>(mail_.sums[static_cast<size_t>(i)]);
    if (--mail_.added == 0) ++mail_.taken;
    wait(lock, [&] { return mail_.taken != taken; });
  }
  template <class Ready>
  void wait(std::unique_lock<std::mutex>& lock, Ready&& ready) {
    mail_.changed.notify_all();
    mail_.changed.wait(lock, [&] { return mail_.failed || ready(); });
    require_all(mail_);
  }
  const int rank_;
  Mail& mail_;
  int64_t requests_ = 0;
  std::deque<Waiting> waiting_;
};

}  // namespace

void run_on_threads(int size, const std::function<void(Communicator&)>& work, int neighbours) {
  Mail mail(size);
  std::exception_ptr error;
  const RandomKey begun = default_rng().state();
  const auto rank = [&](int number) {
    Communicator ranks(std::make_unique<ThreadTransport>(number, mail), neighbours);
    ranks.on_wait([&] { require_all(mail); });
    const ThreadWorld here(ranks);
    try {
      default_rng().set_state(begun);
      work(ranks);
    } catch (...) {
      {
        const std::lock_guard lock(mail.mutex);
        if (!error) error = std::current_exception();
      }
      mail.fail();
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(size));
  for (int number = 0; number < size; ++number) threads.emplace_back(rank, number);
  for (std::thread& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace grus::parallel
