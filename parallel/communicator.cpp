#include "parallel/communicator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/base/error.h"
#include "parallel/letter.h"

namespace grus::parallel {
namespace {

constexpr size_t most_bytes = size_t{1} << 30;  // of one message: MPI counts in int

int64_t nanoseconds_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

class Communicator::Timed {
 public:
  Timed(Communicator& ranks, double& seconds, const char* name, int64_t bytes = 0)
      : ranks_(ranks), seconds_(seconds), name_(name), bytes_(bytes), began_(nanoseconds_now()) {}
  ~Timed() {
    const int64_t spent = nanoseconds_now() - began_;
    seconds_ += 1e-9 * static_cast<double>(spent);
    if (!ranks_.records_) return;
    ranks_.spans_.push_back({bytes_ > 0 ? fmt::format("{} of {} bytes", name_, bytes_) : name_, began_, spent});
  }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  Communicator& ranks_;
  double& seconds_;
  const char* name_;
  const int64_t bytes_, began_;
};

Communicator::Communicator() = default;
Communicator::Communicator(std::unique_ptr<Transport> transport, int neighbours)
    : transport_(std::move(transport)), stages_(stages_of(size(), neighbours)) {}
Communicator::~Communicator() = default;

void Communicator::find_neighbours(const std::string& host) {
  const std::vector<std::string> hosts = gather("hosts", host);
  const auto other = std::find_if(hosts.begin(), hosts.end(), [&](const std::string& one) { return one != hosts[0]; });
  const auto count = static_cast<int>(other - hosts.begin());
  const auto alike = [&](int rank) {
    return hosts[static_cast<size_t>(rank)] == hosts[static_cast<size_t>(rank / count * count)];
  };
  if (size() % count != 0) return;
  for (int rank = 0; rank < size(); ++rank)
    if (!alike(rank)) return;
  stages_ = stages_of(size(), count);
}

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
    advance_sums();
    std::erase_if(requests, [this](int64_t request) { return transport_->done(request); });
    return requests.empty();
  });
}

void Communicator::send_all(int to, int tag, std::span<const std::byte> bytes, std::vector<int64_t>& requests) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(most_bytes, bytes.size())))
    requests.push_back(send(to, tag, bytes.data(), std::min(most_bytes, bytes.size())));
}

void Communicator::receive_all(int from, int tag, std::span<std::byte> bytes, std::vector<int64_t>& requests) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(most_bytes, bytes.size())))
    requests.push_back(transport_->receive(from, tag, bytes.data(), std::min(most_bytes, bytes.size())));
}

void Communicator::from_leader(std::span<std::byte> bytes) {
  if (!several()) return;
  const int tag = next_tag();
  std::vector<int64_t> requests;
  if (!leads()) {
    receive_all(parent_of(stages_, rank()), tag, bytes, requests);
    wait(std::exchange(requests, {}));
  }
  for (const int to : children_of(stages_, rank())) send_all(to, tag, bytes, requests);
  wait(std::move(requests));
}

void Communicator::all_gather(std::span<std::byte> bytes, const std::vector<size_t>& sizes) {
  require(sizes.size() == static_cast<size_t>(size()), "[ranks] need {} sizes, one of each rank, got {}", size(),
          sizes.size());
  std::vector<size_t> begins = {0};
  for (const size_t of_rank : sizes) begins.push_back(begins.back() + of_rank);
  require(begins.back() == bytes.size(), "[ranks] need {} bytes, as many as the sizes add up to, got {}", begins.back(),
          bytes.size());
  const int tag = next_tag(), me = rank();
  for (const Stage& stage : stages_) {
    const auto known = [&](int rank) {
      const auto first = static_cast<size_t>(stage.block(rank)), end = first + static_cast<size_t>(stage.stride);
      return bytes.subspan(begins[first], begins[end] - begins[first]);
    };
    std::vector<int64_t> requests;
    for (int digit = 0; digit < stage.radix; ++digit) {
      const int other = stage.member(me, digit);
      if (other == me) continue;
      receive_all(other, tag, known(other), requests);
      send_all(other, tag, known(me), requests);
    }
    wait(std::move(requests));
  }
}

std::unique_ptr<Reduction> Communicator::make_sum(const Shards& shards, int64_t count, DType dtype,
                                                  const SumOptions& options) {
  require<UsageError>(several(), "[ranks] need several ranks to add up over, got one");
  return std::make_unique<Reduction>(*transport_, traffic_, under_way_, stages_, shards, count, dtype, options);
}

void Communicator::begin(Reduction& sum, const std::vector<const void*>& terms, void* to) {
  const Timed timed(*this, traffic_.reducing, "begin a sum", sum.bytes());
  sum.begin(next_tag(), terms, to);
}

void Communicator::advance_sums() {
  std::erase_if(under_way_, [](Reduction* sum) { return sum->advance(); });
}

void Communicator::advance() {
  if (under_way_.empty()) return;
  const Timed timed(*this, traffic_.reducing, "advance sums");
  advance_sums();
}

void Communicator::finish(Reduction& sum) {
  const Timed timed(*this, traffic_.reducing, "finish a sum");
  wait_until([&] {
    advance_sums();
    return sum.is_there();
  });
}

std::vector<Profile::Span> Communicator::take_spans() {
  records_ = false;
  return std::exchange(spans_, {});
}

void Communicator::finish() {
  if (!transport_) return;
  barrier("the end");
  wait_for_letters();
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
