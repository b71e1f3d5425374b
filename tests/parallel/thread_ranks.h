#pragma once
// Ranks that are threads of one process, for tests of what ranks do together without MPI.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <tuple>
#include <vector>

#include "parallel/communicator.h"

namespace grus::test {

/// What is under way between all ranks.
struct Mail {
  std::mutex mutex;
  std::map<std::tuple<int, int, int>, std::deque<std::vector<std::byte>>> boxes;  // of (from, to, tag)
  std::condition_variable changed;
  std::vector<double> sums;
  int size = 0, added = 0, round = 0;
};

class ThreadTransport : public parallel::Transport {
 public:
  ThreadTransport(int rank, std::shared_ptr<Mail> mail) : rank_(rank), mail_(std::move(mail)) {}
  int rank() const override { return rank_; }
  int size() const override { return mail_->size; }
  int64_t send(int to, int tag, const void* data, size_t bytes) override {
    const std::lock_guard lock(mail_->mutex);
    const auto* const from = static_cast<const std::byte*>(data);
    mail_->boxes[{rank_, to, tag}].emplace_back(from, from + bytes);
    return ++requests_;
  }
  int64_t receive(int from, int tag, void* data, size_t bytes) override {
    waiting_.push_back({++requests_, from, tag, data, bytes});
    return requests_;
  }
  // Messages of one sender and tag go to the oldest request for them.
  bool done(int64_t request) override {
    const std::lock_guard lock(mail_->mutex);
    for (auto one = waiting_.begin(); one != waiting_.end();) {
      auto& box = mail_->boxes[{one->from, rank_, one->tag}];
      const bool first = std::none_of(waiting_.begin(), one, [&](const Waiting& before) {
        return before.from == one->from && before.tag == one->tag;
      });
      if (box.empty() || !first) {
        ++one;
        continue;
      }
      if (box.front().size() != one->bytes) throw std::runtime_error("a message of another size");
      std::memcpy(one->data, box.front().data(), one->bytes);
      box.pop_front();
      one = waiting_.erase(one);
    }
    return std::none_of(waiting_.begin(), waiting_.end(), [&](const Waiting& one) { return one.request == request; });
  }
  int64_t sum_all(void* data, int64_t count, bool is_f64) override {
    std::unique_lock lock(mail_->mutex);
    const auto get = [&](int64_t i) { return is_f64 ? static_cast<double*>(data)[i] : static_cast<float*>(data)[i]; };
    if (mail_->added == 0) mail_->sums.assign(static_cast<size_t>(count), 0);
    for (int64_t i = 0; i < count; ++i) mail_->sums[static_cast<size_t>(i)] += get(i);
    const int round = mail_->round;
    if (++mail_->added == mail_->size) ++mail_->round;
    mail_->changed.notify_all();
    mail_->changed.wait(lock, [&] { return mail_->round != round; });
    for (int64_t i = 0; i < count; ++i) {
      if (is_f64) static_cast<double*>(data)[i] = mail_->sums[static_cast<size_t>(i)];
      else static_cast<float*>(data)[i] = static_cast<float>(mail_->sums[static_cast<size_t>(i)]);
    }
    if (--mail_->added == 0) mail_->changed.notify_all();
    mail_->changed.wait(lock, [&] { return mail_->added == 0; });
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
  int rank_;
  std::shared_ptr<Mail> mail_;
  int64_t requests_ = 0;
  std::deque<Waiting> waiting_;
};

/// Runs work(ranks) on so many threads, and throws the first error of a rank. Others then stop waiting.
inline void run_ranks(int size, const std::function<void(parallel::Communicator&)>& work) {
  const auto mail = std::make_shared<Mail>();
  mail->size = size;
  std::vector<std::exception_ptr> errors(static_cast<size_t>(size));
  std::atomic<bool> failed{false};
  std::atomic<int> first{-1};
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      parallel::Communicator ranks(std::make_unique<ThreadTransport>(rank, mail));
      ranks.on_wait([&] {
        if (failed) throw std::runtime_error("another rank failed");
      });
      try {
        work(ranks);
      } catch (...) {
        errors[static_cast<size_t>(rank)] = std::current_exception();
        int none = -1;
        first.compare_exchange_strong(none, rank);
        failed = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (first >= 0) std::rethrow_exception(errors[static_cast<size_t>(first)]);
}

}  // namespace grus::test
