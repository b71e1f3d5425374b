#pragma once
// A sum over shards under way: each rank adds up one part of the numbers, along the tree, and sends the result to all.
#include <cstdint>
#include <vector>

#include "core/base/dtype.h"
#include "parallel/shards.h"
#include "parallel/transport.h"

namespace grus::parallel {

/// A Reduction makes two rounds of messages: numbers go to the rank that adds them up, sums come back. advance() does
/// what can be done without waiting.
class Reduction {
 public:
  /// Sends what others need of `terms`, the sums of own_nodes(shards).
  Reduction(Transport& transport, int tag, const Shards& shards, std::vector<const void*> terms, void* sum,
            int64_t count, DType dtype);
  /// Returns whether the sum is there.
  bool advance();
  /// Returns the bytes that this rank has sent.
  int64_t sent() const { return sent_; }

 private:
  struct Term {
    int rank;
    Node node;
    const std::byte* data;  // of this rank's part of the numbers
  };
  int64_t begin_of(int rank) const { return count_ * rank / transport_.size(); }
  size_t bytes_of(int rank) const { return static_cast<size_t>(begin_of(rank + 1) - begin_of(rank)) * width_; }
  std::byte* part_of(int rank) const { return sum_ + static_cast<size_t>(begin_of(rank)) * width_; }
  void send(int to, const void* data, size_t bytes);
  void receive(int from, void* data, size_t bytes);
  bool all_done();
  void add_up();
  const std::byte* value_of(const Node& node, std::vector<std::byte>& sum) const;

  Transport& transport_;
  const int64_t shards_, count_;
  const bool is_f64_;
  const size_t width_;
  const int tag_;
  std::byte* const sum_;
  std::vector<Term> terms_;  // of all ranks
  std::vector<std::byte> received_;
  std::vector<int64_t> requests_;
  int64_t sent_ = 0;
  enum class Round { terms, sums, done } round_ = Round::terms;
};

}  // namespace grus::parallel
