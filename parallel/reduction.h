#pragma once
// A sum over shards under way: each rank adds up one part of the numbers, along the tree, and sends the result to all.
// This is a reduce-scatter and an all-gather, of the fewest bytes that there can be, in few messages (stages.h).
#include <cstdint>
#include <vector>

#include "core/base/dtype.h"
#include "parallel/shards.h"
#include "parallel/stages.h"
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

/// A Reduction adds up so many numbers, once or many times. In each stage a rank sends of what it knows, sums of nodes
/// of the tree over a segment of the numbers, an equal part to each rank of its group, adds up what it gets to larger
/// nodes over its own part, and goes on with this as its segment. Behind the last stage it has the root over an N-th of
/// the numbers, and the stages in reverse give it all others'. So every number is added along the tree, and with one
/// term a rank it sends 2 (N - 1) / N times the numbers.
class Reduction {
 public:
  /// Throws UsageError for a fast sum that is to be sent as bf16, of which a transport has none.
  Reduction(Transport& transport, Traffic& traffic, std::vector<Reduction*>& under_way,
            const std::vector<Stage>& stages, const Shards& shards, int64_t count, DType dtype,
            const SumOptions& options);
  ~Reduction();
  Reduction(const Reduction&) = delete;
  Reduction& operator=(const Reduction&) = delete;
  /// Sends what others need of `terms`, the sums of own_nodes(shards), or of all own shards where the sum is fast. Both
  /// stay until the sum is there, which may take the place of the first term. From here on it is among those under way.
  void begin(int tag, const std::vector<const void*>& terms, void* sum);
  /// Does what can be done without waiting, and returns whether the sum is there.
  bool advance();
  bool is_there() const { return round_ == Round::none; }
  /// Returns how many terms begin() takes.
  size_t own_terms() const { return own_; }
  int64_t bytes() const { return static_cast<int64_t>(bytes_of({0, count_})); }

 private:
  struct Span {
    int64_t begin = 0, end = 0;  // of the numbers
    int64_t size() const { return end - begin; }
  };
  struct Term {
    int digit;  // of the rank that has it
    Node node;
    const std::byte* data = nullptr;  // of this rank's part of the segment
  };
  struct Step {
    Stage stage;
    Span segment;
    std::vector<Term> terms;    // of the group, from the left
    std::vector<Node> results;  // what they add up to
    // Memory of all sums: what came of others, both as it came and as numbers; sums of nodes.
    std::vector<std::byte> received = {}, widened = {};
    std::vector<std::vector<std::byte>> partial = {};
  };
  enum class Round { none, terms, sums, fast };
  void make_steps(const std::vector<Stage>& stages);
  bool narrow() const { return wire_width_ != width_; }
  size_t bytes_of(const Span& span) const { return static_cast<size_t>(span.size()) * width_; }
  size_t wire_bytes(const Span& span) const { return static_cast<size_t>(span.size()) * wire_width_; }
  static Span part_of(const Step& step, int digit);
  Span own_part(const Step& step) const { return part_of(step, step.stage.digit(transport_.rank())); }
  std::byte* sums_on_wire(const Span& part);
  const std::byte* on_wire(const std::byte* numbers, const Span& part);
  void send(int to, const std::byte* data, size_t bytes);
  void receive(int from, std::byte* data, size_t bytes);
  bool all_done();
  void send_terms(Step& step);
  void add_up(Step& step);
  void send_sums(const Step& step);
  void end_round();
  const std::byte* value_of(Step& step, const Node& node, size_t level) const;
  void add(std::byte* y, const std::byte* a, const std::byte* b, int64_t count) const;

  Transport& transport_;
  Traffic& traffic_;
  std::vector<Reduction*>& under_way_;
  const int64_t shards_, count_;
  const bool is_f64_, fast_;
  const size_t width_, wire_width_;
  size_t own_ = 1;
  std::vector<Step> steps_;
  size_t at_ = 0;                         // the step under way
  std::vector<const std::byte*> values_;  // of this rank's nodes, over the step's segment
  int tag_ = 0;
  std::byte* sum_ = nullptr;
  std::vector<std::byte> outgoing_, narrow_sums_;  // as they are on the wire, where this is another form
  size_t outgoing_used_ = 0;
  std::vector<int64_t> requests_;
  Round round_ = Round::none;
};

}  // namespace grus::parallel
