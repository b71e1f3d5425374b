#pragma once
// What ranks do together: they gather texts, share bytes and add up numbers along the tree of shards. Every call is
// made by all ranks in the same order. With N ranks none sends or receives more than some multiple of log N messages in
// a call, but for to_leader().
// Sources: communicator.cpp, letters.cpp.
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/dtype.h"
#include "core/watch/profile.h"
#include "parallel/reduction.h"
#include "parallel/shards.h"
#include "parallel/stages.h"
#include "parallel/transport.h"

namespace grus::parallel {

struct Letter;

class Communicator {
 public:
  /// Is the one rank of a process that nobody started beside others.
  Communicator();
  /// Ranks in a row, so many at a time, are `neighbours` that share a host.
  explicit Communicator(std::unique_ptr<Transport> transport, int neighbours = 1);
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  int rank() const { return transport_ ? transport_->rank() : 0; }
  int size() const { return transport_ ? transport_->size() : 1; }
  bool several() const { return size() > 1; }
  /// Tells whether this rank writes files and prints.
  bool leads() const { return rank() == 0; }
  /// Finds out which ranks share a host, where all hosts have equally many in a row.
  void find_neighbours(const std::string& host);

  /// Returns the text of every rank, in their order. Throws Error where ranks are at different places of a program.
  std::vector<std::string> gather(const std::string& place, const std::string& text);
  /// Returns the text of every rank on the leader alone; others get none, and do not wait for one another.
  std::vector<std::string> to_leader(const std::string& place, const std::string& text);
  void barrier(const std::string& place) { gather(place, ""); }
  /// Gives everybody the leader's text; the leader waits for nobody. Throws as gather() does.
  std::string from_leader(const std::string& place, const std::string& text);
  /// Overwrites the bytes of all others with the leader's.
  void from_leader(std::span<std::byte> bytes);
  /// Gives all ranks the bytes of each: sizes[r] of `bytes` are rank r's, in the order of ranks. A rank sends its own,
  /// and overwrites the others.
  void all_gather(std::span<std::byte> bytes, const std::vector<size_t>& sizes);
  /// Runs `work` on the leader while the others wait for its end.
  template <class Work>
  void on_leader(const std::string& place, Work&& work) {
    if (leads()) work();
    if (several()) barrier(place);
  }

  /// Makes a sum over all shards of `count` numbers, f32 or f64.
  std::unique_ptr<Reduction> make_sum(const Shards& shards, int64_t count, DType dtype, const SumOptions& options = {});
  /// Begins a sum (Reduction::begin); it goes on whenever this rank waits for something.
  void begin(Reduction& sum, const std::vector<const void*>& terms, void* to);
  /// Does what can be done for the sums under way without waiting.
  void advance();
  /// Waits for a sum.
  void finish(Reduction& sum);

  /// Is called while ranks wait: it throws when another rank is gone.
  void on_wait(std::function<void()> check) { check_ = std::move(check); }
  const Traffic& traffic() const { return traffic_; }
  void reset_traffic() { traffic_ = {}; }
  /// From here on keeps a span for each time that this rank waits or works on sums.
  void record_spans() { records_ = true; }
  /// Returns the spans, and records no more.
  std::vector<Profile::Span> take_spans();
  /// Ends in good order, once and for all ranks.
  void finish();

 private:
  class Timed;  // adds the time of a call, and its span
  int next_tag() { return tag_ = (tag_ + 1) % 30000; }
  int64_t send(int to, int tag, const void* data, size_t bytes);
  void send_all(int to, int tag, std::span<const std::byte> bytes, std::vector<int64_t>& requests);
  void receive_all(int from, int tag, std::span<std::byte> bytes, std::vector<int64_t>& requests);
  void wait(std::vector<int64_t> requests);
  template <class Done>
  void wait_until(Done&& done);
  void post(int to, int tag, Letter& letter);
  std::string received(int from, int tag);
  std::vector<std::string> exchange(const std::vector<int>& others, int tag, const std::string& text);
  std::string opened(const std::string& place, int rank, std::string text) const;
  void wait_for_letters();
  void advance_sums();

  std::unique_ptr<Transport> transport_;
  std::vector<Stage> stages_;
  std::vector<Reduction*> under_way_;
  std::function<void()> check_;
  std::vector<std::unique_ptr<Letter>> letters_;  // of from_leader(), for which nobody has waited
  Traffic traffic_;
  std::vector<Profile::Span> spans_;
  bool records_ = false;
  int tag_ = 0;
};

/// Returns what a rank sent and for how long it waited in so many steps, as one line.
std::string traffic_text(const Communicator& ranks, int64_t steps);

}  // namespace grus::parallel
