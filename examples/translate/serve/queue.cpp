#include "examples/translate/serve/queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace grus::translate {
namespace {

double milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

struct BatchQueue::Job {
  Job(Request asked, Clock::time_point at) : request(std::move(asked)), arrived(at) {}
  Request request;
  Clock::time_point arrived;
  bool done = false;
  Answer answer;
  std::exception_ptr error;
  std::condition_variable ended = {};
  int64_t sentences() const { return std::ssize(request.lines); }
};

BatchQueue::BatchQueue(Translate translate, const QueueOptions& options)
    : translate_(std::move(translate)), options_(options), worker_([this] { work(); }) {}

void BatchQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  if (worker_.joinable()) worker_.join();
}

QueueFigures BatchQueue::figures() const {
  const std::lock_guard lock(mutex_);
  QueueFigures now = figures_;
  now.waiting = std::ssize(waiting_);
  return now;
}

void BatchQueue::refuse(int status, const std::string& sentence) {
  ++figures_.refused;
  throw Refusal(status, sentence);
}

Answer BatchQueue::ask(Request request) {
  const auto job = std::make_shared<Job>(std::move(request), Clock::now());
  std::unique_lock lock(mutex_);
  if (stopping_) refuse(503, "[serve] need a server that goes on, got one that stops");
  if (std::ssize(waiting_) >= options_.waiting)
    refuse(429,
           fmt::format("[serve] need at most {} waiting requests, got one more: ask again later", options_.waiting));
  waiting_.push_back(job);
  arrived_.notify_all();
  if (!job->ended.wait_until(lock, job->arrived + options_.timeout, [&] { return job->done; })) {
    std::erase(waiting_, job);  // one whose batch has begun is translated for nobody
    refuse(503,
           fmt::format("[serve] need an answer within {} ms, got none: ask again later", options_.timeout.count()));
  }
  if (job->error) std::rethrow_exception(job->error);
  return std::move(job->answer);
}

// Says whether a job asks the search for the same as the oldest one.
bool BatchQueue::shares(const Job& job) const {
  const Request& first = waiting_.front()->request;
  return job.request.beam == first.beam && job.request.n_best == first.n_best;
}

int64_t BatchQueue::sentences_of_next() const {
  int64_t sum = 0;
  for (const auto& job : waiting_)
    if (shares(*job)) sum += job->sentences();
  return sum;
}

// Takes the oldest job, and those that share its batch as far as there is room.
BatchQueue::Batch BatchQueue::take() {
  Batch batch;
  std::deque<std::shared_ptr<Job>> rest;
  int64_t sum = 0;
  for (const auto& job : waiting_) {
    const bool fits = batch.empty() || (shares(*job) && sum + job->sentences() <= options_.batch);
    if (fits) sum += job->sentences();
    if (fits) batch.push_back(job);
    else rest.push_back(job);
  }
  waiting_ = std::move(rest);
  return batch;
}

// Waits for a job and those that join it. Returns none once all is done after stop().
BatchQueue::Batch BatchQueue::next_batch(std::unique_lock<std::mutex>& lock) {
  for (;;) {
    arrived_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return {};
    arrived_.wait_until(lock, waiting_.front()->arrived + options_.join,
                        [&] { return stopping_ || waiting_.empty() || sentences_of_next() >= options_.batch; });
    if (!waiting_.empty()) return take();
  }
}

void BatchQueue::run(Batch& batch, std::unique_lock<std::mutex>& lock) {
  Request all{{}, batch.front()->request.beam, batch.front()->request.n_best};
  for (const auto& job : batch) {
    all.lines.insert(all.lines.end(), job->request.lines.begin(), job->request.lines.end());
    all.weights |= job->request.weights;
  }
  lock.unlock();
  const Clock::time_point begun = Clock::now();
  Found found;
  std::exception_ptr error;
  try {
    found = translate_(all);
  } catch (...) {
    error = std::current_exception();
  }
  const double took = milliseconds(Clock::now() - begun);
  lock.lock();
  auto next = std::make_move_iterator(found.begin());
  for (const auto& job : batch) {
    job->answer = {{}, std::ssize(all.lines), milliseconds(begun - job->arrived), took};
    job->error = error;
    if (!error) job->answer.found.assign(next, next + job->sentences());
    if (!error) next += job->sentences();
    job->done = true;
    job->ended.notify_all();
  }
  figures_.requests += std::ssize(batch);
  figures_.sentences += std::ssize(all.lines);
  figures_.batches += 1;
  figures_.largest_batch = std::max<int64_t>(figures_.largest_batch, std::ssize(all.lines));
}

void BatchQueue::work() {
  std::unique_lock lock(mutex_);
  for (Batch batch = next_batch(lock); !batch.empty(); batch = next_batch(lock)) run(batch, lock);
}

}  // namespace grus::translate
