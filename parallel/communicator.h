#pragma once
// What ranks do together: they gather texts, share bytes and add up numbers along the tree of shards. Every call is
// made by all ranks in the same order.
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/dtype.h"
#include "parallel/reduction.h"
#include "parallel/shards.h"
#include "parallel/transport.h"

namespace grus::parallel {

/// Says how gradients are added up: along the tree of shards, or as the transport likes (other bits for other numbers
/// of ranks).
enum class Reduce { tree, fast };

/// What a communicator did since the reset.
struct Traffic {
  double waited = 0;  // seconds
  int64_t sent = 0;   // bytes
};

class Communicator {
 public:
  /// Is the one rank of a process that nobody started beside others.
  Communicator() = default;
  explicit Communicator(std::unique_ptr<Transport> transport);
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  int rank() const { return transport_ ? transport_->rank() : 0; }
  int size() const { return transport_ ? transport_->size() : 1; }
  bool several() const { return size() > 1; }
  /// Tells whether this rank writes files and prints.
  bool leads() const { return rank() == 0; }

  /// Returns the text of every rank, in their order. Throws Error where ranks are at different places of a program.
  std::vector<std::string> gather(const std::string& place, const std::string& text);
  void barrier(const std::string& place) { gather(place, ""); }
  /// Gives everybody the leader's text.
  std::string from_leader(const std::string& place, const std::string& text);
  /// Overwrites the bytes of all others with the leader's.
  void from_leader(std::span<std::byte> bytes);
  /// Runs `work` on the leader while the others wait for its end.
  template <class Work>
  void on_leader(const std::string& place, Work&& work) {
    if (leads()) work();
    if (several()) barrier(place);
  }

  /// Begins to add up `count` numbers, f32 or f64, over all shards. `terms` has the sum of each of own_nodes(shards),
  /// and its memory is read until the reduction is done; `sum` takes the result.
  std::unique_ptr<Reduction> begin_sum(const Shards& shards, std::vector<const void*> terms, void* sum, int64_t count,
                                       DType dtype);
  /// Waits for a reduction.
  void finish(Reduction& reduction);
  /// Adds up in place, in the transport's order.
  void fast_sum(void* data, int64_t count, DType dtype);

  /// Is called while ranks wait: it throws when another rank is gone.
  void on_wait(std::function<void()> check) { check_ = std::move(check); }
  const Traffic& traffic() const { return traffic_; }
  void reset_traffic() { traffic_ = {}; }
  /// Ends in good order, once and for all ranks.
  void finish();

 private:
  int next_tag() { return tag_ = (tag_ + 1) % 30000; }
  int64_t send(int to, int tag, const void* data, size_t bytes);
  void wait(std::vector<int64_t> requests);
  template <class Done>
  void wait_until(Done&& done);
  std::vector<std::string> exchange(const std::string& text);

  std::unique_ptr<Transport> transport_;
  std::function<void()> check_;
  Traffic traffic_;
  int tag_ = 0;
};

}  // namespace grus::parallel
