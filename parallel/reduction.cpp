#include "parallel/reduction.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "core/base/half.h"

namespace grus::parallel {
namespace {

template <class T>
void add_numbers(std::byte* y, const std::byte* a, const std::byte* b, int64_t count) {
  auto* const out = reinterpret_cast<T*>(y);
  const auto* const left = reinterpret_cast<const T*>(a);
  const auto* const right = reinterpret_cast<const T*>(b);
  for (int64_t i = 0; i < count; ++i) out[i] = left[i] + right[i];
}

void narrow_to(std::byte* to, const std::byte* from, int64_t count) {
  auto* const out = reinterpret_cast<bfloat16*>(to);
  const auto* const in = reinterpret_cast<const float*>(from);
  for (int64_t i = 0; i < count; ++i) out[i] = to_bfloat16(in[i]);
}

void widen_to(std::byte* to, const std::byte* from, int64_t count) {
  auto* const out = reinterpret_cast<float*>(to);
  const auto* const in = reinterpret_cast<const bfloat16*>(from);
  for (int64_t i = 0; i < count; ++i) out[i] = to_float(in[i]);
}

}  // namespace

Reduction::Reduction(Transport& transport, Traffic& traffic, std::vector<Reduction*>& under_way,
                     const std::vector<Stage>& stages, const Shards& shards, int64_t count, DType dtype,
                     const SumOptions& options)
    : transport_(transport),
      traffic_(traffic),
      under_way_(under_way),
      shards_(shards.of),
      count_(count),
      is_f64_(dtype == DType::f64),
      fast_(options.how == Reduce::fast),
      width_(size_of(dtype)),
      wire_width_(options.wire == Wire::bf16 && dtype == DType::f32 ? size_of(DType::bf16) : width_) {
  require<UsageError>(!fast_ || options.wire == Wire::f32,
                      "[ranks] need numbers as they are on the wire of a fast sum, got bf16");
  require<UsageError>(count <= int64_t{1} << 28, "[ranks] need at most 2^28 numbers in one sum, got {}", count);
  if (fast_) return;
  own_ = own_nodes(shards).size();
  make_steps(stages);
}

Reduction::~Reduction() { std::erase(under_way_, this); }

void Reduction::make_steps(const std::vector<Stage>& stages) {
  const int me = transport_.rank(), size = transport_.size();
  const auto nodes_of = [&](int first, int ranks) {  // of ranks in a row
    return own_nodes({shards_, shards_ * first / size, shards_ * (first + ranks) / size});
  };
  Span segment{0, count_};
  size_t outgoing = 0;
  for (const Stage& stage : stages) {
    const int ranks = stage.stride * stage.radix;
    Step step{stage, segment, {}, nodes_of(me / ranks * ranks, ranks)};
    for (int digit = 0; digit < stage.radix; ++digit)
      for (const Node& node : nodes_of(stage.block(stage.member(me, digit)), stage.stride))
        step.terms.push_back({digit, node});
    const auto own = static_cast<size_t>(std::count_if(
        step.terms.begin(), step.terms.end(), [&](const Term& term) { return term.digit == stage.digit(me); }));
    const size_t others = step.terms.size() - own;
    outgoing += own * wire_bytes(segment);
    segment = own_part(step);
    step.received.resize(others * wire_bytes(segment));
    if (narrow()) step.widened.resize(others * bytes_of(segment));
    steps_.push_back(std::move(step));
  }
  if (!narrow()) return;
  outgoing_.resize(outgoing);
  narrow_sums_.resize(wire_bytes({0, count_}));
}

Reduction::Span Reduction::part_of(const Step& step, int digit) {
  const auto [begin, end] = step.segment;
  return {begin + (end - begin) * digit / step.stage.radix, begin + (end - begin) * (digit + 1) / step.stage.radix};
}

// Returns where a part of the sums is sent from, and received.
std::byte* Reduction::sums_on_wire(const Span& part) {
  return (narrow() ? narrow_sums_.data() : sum_) + static_cast<size_t>(part.begin) * wire_width_;
}

// Returns the numbers as they are sent.
const std::byte* Reduction::on_wire(const std::byte* numbers, const Span& part) {
  if (!narrow()) return numbers;
  std::byte* const to = outgoing_.data() + outgoing_used_;
  outgoing_used_ += wire_bytes(part);
  narrow_to(to, numbers, part.size());
  return to;
}

void Reduction::begin(int tag, const std::vector<const void*>& terms, void* sum) {
  require<UsageError>(terms.size() == own_ && round_ == Round::none,
                      "[ranks] need {} terms and a sum that is not under way, got {}", own_, terms.size());
  under_way_.push_back(this);
  tag_ = tag;
  sum_ = static_cast<std::byte*>(sum);
  outgoing_used_ = 0;
  if (fast_) {
    const size_t bytes = bytes_of({0, count_});
    if (sum != terms[0]) std::memcpy(sum, terms[0], bytes);
    requests_.push_back(transport_.sum_all(sum, count_, is_f64_));
    traffic_.sent += static_cast<int64_t>(bytes);
    ++traffic_.messages;
    round_ = Round::fast;
    return;
  }
  values_.clear();
  for (const void* term : terms) values_.push_back(static_cast<const std::byte*>(term));
  round_ = Round::terms;
  at_ = 0;
  send_terms(steps_.front());
}

// Fewer numbers than ranks leave some without any to add up.
void Reduction::send(int to, const std::byte* data, size_t bytes) {
  if (bytes == 0) return;
  requests_.push_back(transport_.send(to, tag_, data, bytes));
  traffic_.sent += static_cast<int64_t>(bytes);
  ++traffic_.messages;
}

void Reduction::receive(int from, std::byte* data, size_t bytes) {
  if (bytes > 0) requests_.push_back(transport_.receive(from, tag_, data, bytes));
}

bool Reduction::all_done() {
  std::erase_if(requests_, [this](int64_t request) { return transport_.done(request); });
  return requests_.empty();
}

void Reduction::send_terms(Step& step) {
  const int rank = transport_.rank(), me = step.stage.digit(rank);
  const Span mine = own_part(step);
  const auto within = [&](const std::byte* value, const Span& part) {
    return value + static_cast<size_t>(part.begin - step.segment.begin) * width_;
  };
  std::byte* to = step.received.data();
  size_t own = 0;
  for (Term& term : step.terms) {
    term.data = term.digit == me ? within(values_[own++], mine) : to;
    if (term.digit == me) continue;
    receive(step.stage.member(rank, term.digit), to, wire_bytes(mine));
    to += wire_bytes(mine);
  }
  for (int digit = 0; digit < step.stage.radix; ++digit) {
    const Span part = part_of(step, digit);
    for (const std::byte* value : values_)
      if (digit != me) send(step.stage.member(rank, digit), on_wire(within(value, part), part), wire_bytes(part));
  }
}

void Reduction::add(std::byte* y, const std::byte* a, const std::byte* b, int64_t count) const {
  (is_f64_ ? add_numbers<double> : add_numbers<float>)(y, a, b, count);
}

// Returns a node's value: a term, or the sum of its children. This is in the memory of `level`, and uses that of levels
// above it.
const std::byte* Reduction::value_of(Step& step, const Node& node, size_t level) const {
  for (const Term& term : step.terms)
    if (term.node == node) return term.data;
  const std::byte* const left = value_of(step, {node.begin, node.middle()}, level);
  const std::byte* const right = value_of(step, {node.middle(), node.end}, level + 1);
  const Span mine = own_part(step);
  if (step.partial.size() <= level) step.partial.resize(level + 1);
  step.partial[level].resize(bytes_of(mine));
  add(step.partial[level].data(), left, right, mine.size());
  return step.partial[level].data();
}

// The last step's only result is the root. Where numbers are rounded on their way its owner takes it rounded, too, so
// that all have alike.
void Reduction::add_up(Step& step) {
  const Span mine = own_part(step);
  std::byte* to = step.widened.data();
  for (Term& term : step.terms) {
    if (!narrow() || term.digit == step.stage.digit(transport_.rank())) continue;
    widen_to(to, term.data, mine.size());
    term.data = to;
    to += bytes_of(mine);
  }
  values_.clear();
  if (&step != &steps_.back()) {
    for (size_t i = 0; i < step.results.size(); ++i) values_.push_back(value_of(step, step.results[i], i));
    return;
  }
  const Node root = step.results.front();
  std::byte* const sum = sum_ + static_cast<size_t>(mine.begin) * width_;
  const std::byte* const left = value_of(step, {root.begin, root.middle()}, 0);
  add(sum, left, value_of(step, {root.middle(), root.end}, 1), mine.size());
  if (narrow()) narrow_to(sums_on_wire(mine), sum, mine.size());
}

void Reduction::send_sums(const Step& step) {
  const int rank = transport_.rank(), me = step.stage.digit(rank);
  const Span mine = part_of(step, me);
  for (int digit = 0; digit < step.stage.radix; ++digit) {
    if (digit == me) continue;
    const Span part = part_of(step, digit);
    const int other = step.stage.member(rank, digit);
    receive(other, sums_on_wire(part), wire_bytes(part));
    send(other, sums_on_wire(mine), wire_bytes(mine));
  }
}

void Reduction::end_round() {
  if (round_ == Round::terms) {
    add_up(steps_[at_]);
    if (at_ + 1 < steps_.size()) return send_terms(steps_[++at_]);
    round_ = Round::sums;
    return send_sums(steps_[at_]);
  }
  if (round_ == Round::sums && at_ > 0) return send_sums(steps_[--at_]);
  if (round_ == Round::sums && narrow()) widen_to(sum_, narrow_sums_.data(), count_);
  round_ = Round::none;
}

bool Reduction::advance() {
  while (round_ != Round::none && all_done()) end_round();
  return is_there();
}

}  // namespace grus::parallel
