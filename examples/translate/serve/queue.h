#pragma once
// Requests that arrive together are translated as one batch, by one thread.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "seq2seq/translator.h"

namespace grus::translate {

/// A Refusal is a sentence for a client, with the status of HTTP that goes with it.
class Refusal : public Error {
 public:
  Refusal(int status, const std::string& sentence) : Error(sentence), status(status) {}
  int status;
};

/// A Request is sentences that are answered together. Requests of one beam and n_best share batches.
struct Request {
  std::vector<std::string> lines;
  int64_t beam = 5, n_best = 1;
  bool weights = false;  // alignments are wanted
};

using Found = std::vector<std::vector<seq2seq::Translation>>;  // n best of each line

struct Answer {
  Found found;
  int64_t batch = 0;                  // sentences that were translated together with these, and these
  double waited_ms = 0, took_ms = 0;  // until the batch began, and from there on
};

struct QueueOptions {
  int64_t batch = 64;                         // sentences at most; a request is never cut
  std::chrono::milliseconds join{3};          // how long the oldest request waits for others
  int64_t waiting = 64;                       // requests at most
  std::chrono::milliseconds timeout{30'000};  // until a request is given up
};

struct QueueFigures {
  int64_t waiting = 0, requests = 0, sentences = 0, batches = 0, largest_batch = 0, refused = 0;
};

/// A BatchQueue outlives every call of ask().
class BatchQueue {
 public:
  /// Translates all lines of a request; it is called by the queue's thread alone.
  using Translate = std::function<Found(const Request&)>;
  BatchQueue(Translate translate, const QueueOptions& options);
  ~BatchQueue() { stop(); }
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  /// Waits for the translations of a request that has lines. Throws Refusal, 429 when too many wait, 503 once stopped
  /// or when time is over; and what its batch has thrown.
  Answer ask(Request request);
  /// Translates what waits and refuses what comes.
  void stop();
  QueueFigures figures() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Job;
  using Batch = std::vector<std::shared_ptr<Job>>;
  void work();
  Batch next_batch(std::unique_lock<std::mutex>& lock);
  bool shares(const Job& job) const;
  int64_t sentences_of_next() const;
  Batch take();
  void run(Batch& batch, std::unique_lock<std::mutex>& lock);
  [[noreturn]] void refuse(int status, const std::string& sentence);

  const Translate translate_;
  const QueueOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::shared_ptr<Job>> waiting_;  // the oldest first
  QueueFigures figures_;
  bool stopping_ = false;
  std::thread worker_;
};

}  // namespace grus::translate
