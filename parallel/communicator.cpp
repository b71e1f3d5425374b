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

int64_t nanoseconds_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

struct Communicator::Letter {
  // The first message has the length and as much as fits, so that short texts need no second one.
  struct First {
    uint64_t length = 0;
    char text[504] = {};
  };
  explicit Letter(std::string all) : text(std::move(all)) {
    first.length = text.size();
    text.copy(first.text, sizeof first.text);
  }
  // What stands behind the first message.
  static std::span<char> rest(std::string& text) {
    return std::span(text).subspan(std::min(text.size(), sizeof first.text));
  }
  First first;
  std::string text;
  std::vector<int64_t> requests;
};

class Communicator::Timed {
 public:
  Timed(Communicator& ranks, double& seconds, const char* name)
      : ranks_(ranks), seconds_(seconds), name_(name), began_(nanoseconds_now()) {}
  ~Timed() {
    const int64_t spent = nanoseconds_now() - began_;
    seconds_ += 1e-9 * static_cast<double>(spent);
    if (ranks_.records_) ranks_.spans_.push_back({name_, began_, spent});
  }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  Communicator& ranks_;
  double& seconds_;
  const char* name_;
  const int64_t began_;
};

Communicator::Communicator() = default;
Communicator::Communicator(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}
Communicator::~Communicator() = default;

int64_t Communicator::send(int to, int tag, const void* data, size_t bytes) {
  traffic_.sent += static_cast<int64_t>(bytes);
  ++traffic_.messages;
  return transport_->send(to, tag, data, bytes);
}

// Ranks may be more than CPUs: whoever waits gives its CPU away, soon for longer.
template <class Done>
void Communicator::wait_until(Done&& done) {
  if (done()) return;
  const Timed timed(*this, traffic_.waited, "wait");
  for (int64_t round = 0; !done(); ++round) {
    if (round < 200) std::this_thread::yield();
    else std::this_thread::sleep_for(std::chrono::microseconds(round < 2000 ? 20 : 200));
    if (check_ && round % 64 == 63) check_();
  }
}

void Communicator::wait(std::vector<int64_t> requests) {
  wait_until([&] {
    std::erase_if(requests, [this](int64_t request) { return transport_->done(request); });
    return requests.empty();
  });
}

void Communicator::send_first(int to, int tag, Letter& letter) {
  letter.requests.push_back(send(to, tag, &letter.first, sizeof(Letter::First)));
}

void Communicator::send_all(int to, int tag, std::span<const std::byte> bytes, std::vector<int64_t>& requests) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(most_bytes, bytes.size())))
    requests.push_back(send(to, tag, bytes.data(), std::min(most_bytes, bytes.size())));
}

void Communicator::receive_all(int from, int tag, std::span<std::byte> bytes, std::vector<int64_t>& requests) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(most_bytes, bytes.size())))
    requests.push_back(transport_->receive(from, tag, bytes.data(), std::min(most_bytes, bytes.size())));
}

void Communicator::send_rest(int to, int tag, Letter& letter) {
  send_all(to, tag, std::as_bytes(Letter::rest(letter.text)), letter.requests);
}

void Communicator::receive_rest(int from, int tag, std::string& text, std::vector<int64_t>& requests) {
  receive_all(from, tag, std::as_writable_bytes(Letter::rest(text)), requests);
}

// The place stands ahead of a text, so that ranks whose programs go different ways say so.
std::string Communicator::opened(const std::string& place, int rank, std::string text) const {
  const size_t end = text.find('\n');
  const std::string there = text.substr(0, end);
  require<Error>(there == place,
                 "[ranks] need all ranks at one place of the program, got rank {} at '{}' and rank {} at '{}'",
                 this->rank(), place, rank, there);
  return text.erase(0, end + 1);
}

std::vector<std::string> Communicator::gather(const std::string& place, const std::string& text) {
  if (!several()) return {text};
  const int me = rank(), tag = next_tag();
  Letter own(place + '\n' + text);
  std::vector<Letter::First> first(static_cast<size_t>(size()));
  for (int from = 0; from < size(); ++from) {
    if (from == me) continue;
    own.requests.push_back(transport_->receive(from, tag, &first[static_cast<size_t>(from)], sizeof(Letter::First)));
    send_first(from, tag, own);
  }
  wait(std::exchange(own.requests, {}));
  std::vector<std::string> texts(first.size());
  for (int from = 0; from < size(); ++from) {
    const Letter::First& head = first[static_cast<size_t>(from)];
    std::string& of = texts[static_cast<size_t>(from)];
    of.assign(head.text, std::min<size_t>(head.length, sizeof head.text));
    of.resize(head.length);
    if (from == me) continue;
    receive_rest(from, tag, of, own.requests);
    send_rest(from, tag, own);
  }
  wait(std::move(own.requests));
  texts[static_cast<size_t>(me)] = own.text;
  for (int from = 0; from < size(); ++from) {
    std::string& of = texts[static_cast<size_t>(from)];
    of = opened(place, from, std::move(of));
  }
  return texts;
}

std::vector<std::string> Communicator::to_leader(const std::string& place, const std::string& text) {
  if (!several()) return {text};
  const int tag = next_tag();
  if (!leads()) {
    Letter own(place + '\n' + text);
    send_first(0, tag, own);
    send_rest(0, tag, own);
    wait(std::move(own.requests));
    return {};
  }
  std::vector<std::string> texts = {text};
  for (int from = 1; from < size(); ++from) {
    Letter::First first;
    wait({transport_->receive(from, tag, &first, sizeof first)});
    std::string& of = texts.emplace_back(first.text, std::min<size_t>(first.length, sizeof first.text));
    of.resize(first.length);
    std::vector<int64_t> requests;
    receive_rest(from, tag, of, requests);
    wait(std::move(requests));
    of = opened(place, from, std::move(of));
  }
  return texts;
}

std::string Communicator::from_leader(const std::string& place, const std::string& text) {
  if (!several()) return text;
  const int tag = next_tag();
  if (!leads()) {
    Letter::First first;
    wait({transport_->receive(0, tag, &first, sizeof first)});
    std::string all(first.text, std::min<size_t>(first.length, sizeof first.text));
    all.resize(first.length);
    std::vector<int64_t> requests;
    receive_rest(0, tag, all, requests);
    wait(std::move(requests));
    return opened(place, 0, std::move(all));
  }
  std::erase_if(letters_, [this](const std::unique_ptr<Letter>& letter) {
    std::erase_if(letter->requests, [this](int64_t request) { return transport_->done(request); });
    return letter->requests.empty();
  });
  Letter& letter = *letters_.emplace_back(std::make_unique<Letter>(place + '\n' + text));
  for (int to = 1; to < size(); ++to) {
    send_first(to, tag, letter);
    send_rest(to, tag, letter);
  }
  return text;
}

void Communicator::from_leader(std::span<std::byte> bytes) {
  if (!several()) return;
  const int tag = next_tag();
  std::vector<int64_t> requests;
  if (leads())
    for (int to = 1; to < size(); ++to) send_all(to, tag, bytes, requests);
  else receive_all(0, tag, bytes, requests);
  wait(std::move(requests));
}

void Communicator::all_gather(const std::vector<std::span<std::byte>>& parts) {
  require(parts.size() == static_cast<size_t>(size()), "[ranks] need {} parts, one of each rank, got {}", size(),
          parts.size());
  if (!several()) return;
  const int tag = next_tag(), me = rank();
  std::vector<int64_t> requests;
  for (int other = 0; other < size(); ++other) {
    if (other == me) continue;
    receive_all(other, tag, parts[static_cast<size_t>(other)], requests);
    send_all(other, tag, parts[static_cast<size_t>(me)], requests);
  }
  wait(std::move(requests));
}

std::unique_ptr<Reduction> Communicator::make_sum(const Shards& shards, int64_t count, DType dtype,
                                                  const SumOptions& options) {
  require<UsageError>(several(), "[ranks] need several ranks to add up over, got one");
  return std::make_unique<Reduction>(*transport_, traffic_, shards, count, dtype, options);
}

void Communicator::begin(Reduction& sum, const std::vector<const void*>& terms, void* to) {
  const Timed timed(*this, traffic_.reducing, "begin a sum");
  sum.begin(next_tag(), terms, to);
}

bool Communicator::advance(Reduction& sum) {
  const Timed timed(*this, traffic_.reducing, "advance a sum");
  return sum.advance();
}

void Communicator::finish(Reduction& sum) {
  const Timed timed(*this, traffic_.reducing, "finish a sum");
  wait_until([&] { return sum.advance(); });
}

std::vector<Profile::Span> Communicator::take_spans() {
  records_ = false;
  return std::exchange(spans_, {});
}

void Communicator::finish() {
  if (!transport_) return;
  barrier("the end");
  for (std::unique_ptr<Letter>& letter : letters_) wait(std::exchange(letter->requests, {}));
  transport_->finish();
}

std::string traffic_text(const Communicator& ranks, int64_t steps) {
  const Traffic& traffic = ranks.traffic();
  const auto count = static_cast<double>(std::max<int64_t>(steps, 1));
  return fmt::format(
      "{} ranks, rank {} in {} steps: {:.2f} MB sent a step in {:.1f} messages, {:.2f} s in sums, "
      "{:.2f} s of waiting",
      ranks.size(), ranks.rank(), steps, 1e-6 * static_cast<double>(traffic.sent) / count,
      static_cast<double>(traffic.messages) / count, traffic.reducing, traffic.waited);
}

}  // namespace grus::parallel
