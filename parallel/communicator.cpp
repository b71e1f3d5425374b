#include "parallel/communicator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "core/base/error.h"

namespace grus::parallel {
namespace {

constexpr size_t most_bytes = size_t{1} << 30;  // of one message: MPI counts in int

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

Communicator::Communicator(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}
Communicator::~Communicator() = default;

int64_t Communicator::send(int to, int tag, const void* data, size_t bytes) {
  traffic_.sent += static_cast<int64_t>(bytes);
  return transport_->send(to, tag, data, bytes);
}

// Ranks may be more than CPUs: whoever waits gives its CPU away, soon for longer.
template <class Done>
void Communicator::wait_until(Done&& done) {
  if (done()) return;
  const double began = now();
  for (int64_t round = 0; !done(); ++round) {
    if (round < 200) std::this_thread::yield();
    else std::this_thread::sleep_for(std::chrono::microseconds(round < 2000 ? 20 : 200));
    if (check_ && round % 64 == 63) check_();
  }
  traffic_.waited += now() - began;
}

void Communicator::wait(std::vector<int64_t> requests) {
  wait_until([&] {
    std::erase_if(requests, [this](int64_t request) { return transport_->done(request); });
    return requests.empty();
  });
}

// A first message has the length and as much as fits, so that short texts need no second one.
std::vector<std::string> Communicator::exchange(const std::string& text) {
  struct First {
    uint64_t length;
    char text[504];
  };
  const int me = rank(), tag = next_tag();
  std::vector<First> first(static_cast<size_t>(size()), First{0, {}});
  First& own = first[static_cast<size_t>(me)];
  own.length = text.size();
  text.copy(own.text, sizeof own.text);
  std::vector<int64_t> requests;
  for (int rank = 0; rank < size(); ++rank) {
    if (rank == me) continue;
    requests.push_back(transport_->receive(rank, tag, &first[static_cast<size_t>(rank)], sizeof(First)));
    requests.push_back(send(rank, tag, &own, sizeof own));
  }
  wait(std::move(requests));
  std::vector<std::string> texts(first.size());
  requests = {};
  for (int rank = 0; rank < size(); ++rank) {
    const First& head = first[static_cast<size_t>(rank)];
    std::string& of = texts[static_cast<size_t>(rank)];
    of.assign(head.text, std::min<size_t>(head.length, sizeof head.text));
    of.resize(head.length);
    if (rank == me) {
      of = text;
      continue;
    }
    for (size_t at = sizeof head.text; at < of.size(); at += most_bytes)
      requests.push_back(transport_->receive(rank, tag, of.data() + at, std::min(most_bytes, of.size() - at)));
    for (size_t at = sizeof head.text; at < text.size(); at += most_bytes)
      requests.push_back(send(rank, tag, text.data() + at, std::min(most_bytes, text.size() - at)));
  }
  wait(std::move(requests));
  return texts;
}

// The place goes ahead of the text, so that ranks whose programs go different ways say so.
std::vector<std::string> Communicator::gather(const std::string& place, const std::string& text) {
  if (!several()) return {text};
  std::vector<std::string> texts = exchange(place + '\n' + text);
  for (size_t rank = 0; rank < texts.size(); ++rank) {
    const size_t end = texts[rank].find('\n');
    const std::string there = texts[rank].substr(0, end);
    require<Error>(there == place,
                   "[ranks] need all ranks at one place of the program, got rank {} at '{}' and rank {} at '{}'",
                   this->rank(), place, rank, there);
    texts[rank].erase(0, end + 1);
  }
  return texts;
}

std::string Communicator::from_leader(const std::string& place, const std::string& text) {
  return gather(place, leads() ? text : "").front();
}

void Communicator::from_leader(std::span<std::byte> bytes) {
  if (!several()) return;
  const int tag = next_tag();
  std::vector<int64_t> requests;
  for (size_t at = 0; at < bytes.size(); at += most_bytes) {
    const size_t size = std::min(most_bytes, bytes.size() - at);
    if (!leads()) requests.push_back(transport_->receive(0, tag, bytes.data() + at, size));
    for (int rank = 1; leads() && rank < this->size(); ++rank)
      requests.push_back(send(rank, tag, bytes.data() + at, size));
  }
  wait(std::move(requests));
}

std::unique_ptr<Reduction> Communicator::begin_sum(const Shards& shards, std::vector<const void*> terms, void* sum,
                                                   int64_t count, DType dtype) {
  const size_t own = own_nodes(shards).size();
  require<UsageError>(several() && terms.size() == own, "[ranks] need {} terms of shards {} to {} of {}, got {}", own,
                      shards.begin, shards.end, shards.of, terms.size());
  return std::make_unique<Reduction>(*transport_, next_tag(), shards, std::move(terms), sum, count, dtype);
}

void Communicator::finish(Reduction& reduction) {
  wait_until([&] { return reduction.advance(); });
  traffic_.sent += reduction.sent();
}

void Communicator::fast_sum(void* data, int64_t count, DType dtype) {
  if (!several()) return;
  const double began = now();
  transport_->sum_all(data, count, dtype == DType::f64);
  traffic_.waited += now() - began;
  traffic_.sent += count * static_cast<int64_t>(size_of(dtype));
}

void Communicator::finish() {
  if (!transport_) return;
  barrier("the end");
  transport_->finish();
}

}  // namespace grus::parallel
