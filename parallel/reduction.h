#pragma once
// A sum over shards under way: each rank adds up one part of the numbers, along the tree, and sends the result to all.
#include <cstdint>
#include <vector>

#include "core/base/dtype.h"
#include "parallel/shards.h"
#include "parallel/transport.h"

namespace grus::parallel {

/// Says how gradients are added up: along the tree of shards, or as the transport likes (other bits for other numbers
/// of ranks).
enum class Reduce { tree, fast };
/// Says how f32 numbers are sent: as they are, or rounded to bf16, which is half as much and gives other bits.
enum class Wire { f32, bf16 };

struct SumOptions {
  Reduce how = Reduce::tree;
  Wire wire = Wire::f32;
};

/// What a rank did since the reset.
struct Traffic {
  int64_t sent = 0, messages = 0;  // sent: bytes
  double waited = 0;               // seconds in which it did nothing else
  double reducing = 0;             // seconds in calls that begin, advance and finish sums, waiting included
};

/// A Reduction adds up so many numbers, once or many times. A sum makes two rounds of messages: numbers go to the rank
/// that adds them up, sums come back. advance() does what can be done without waiting.
class Reduction {
 public:
  /// Throws UsageError for a fast sum that is to be sent as bf16, of which a transport has none.
  Reduction(Transport& transport, Traffic& traffic, const Shards& shards, int64_t count, DType dtype,
            const SumOptions& options);
  /// Sends what others need of `terms`, the sums of own_nodes(shards), or of all own shards where the sum is fast. Both
  /// stay until the sum is there, which may take the place of the first term.
  void begin(int tag, const std::vector<const void*>& terms, void* sum);
  /// Returns whether the sum is there.
  bool advance();
  /// Returns how many terms begin() takes.
  size_t own_terms() const { return own_; }
  int64_t bytes() const { return count_ * static_cast<int64_t>(width_); }

 private:
  struct Term {
    int rank;
    Node node;
    const std::byte* data = nullptr;  // of this rank's part of the numbers
  };
  enum class Round { none, terms, sums, fast };
  bool narrow() const { return wire_width_ != width_; }
  int64_t begin_of(int rank) const { return count_ * rank / transport_.size(); }
  int64_t size_of_part(int rank) const { return begin_of(rank + 1) - begin_of(rank); }
  size_t wire_bytes(int rank) const { return static_cast<size_t>(size_of_part(rank)) * wire_width_; }
  std::byte* part_of(int rank) const { return sum_ + static_cast<size_t>(begin_of(rank)) * width_; }
  void send(int to, const std::byte* data);
  void receive(int from, std::byte* data, int part);
  const std::byte* on_wire(const std::byte* numbers, int part);
  bool all_done();
  void add_up();
  void widen_sums();
  const std::byte* value_of(const Node& node, size_t level);
  void add(std::byte* y, const std::byte* a, const std::byte* b) const;

  Transport& transport_;
  Traffic& traffic_;
  const int64_t shards_, count_;
  const bool is_f64_, fast_;
  const size_t width_, wire_width_;
  std::vector<Term> terms_;  // of all ranks
  size_t own_ = 1;
  int tag_ = 0;
  std::byte* sum_ = nullptr;
  // Memory of all sums: what came of others, both as they came and as numbers; what goes out; sums of inner nodes.
  std::vector<std::byte> received_, widened_, outgoing_;
  size_t outgoing_used_ = 0;
  std::vector<std::vector<std::byte>> partial_;
  std::vector<int64_t> requests_;
  Round round_ = Round::none;
};

}  // namespace grus::parallel
