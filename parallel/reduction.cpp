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

Reduction::Reduction(Transport& transport, Traffic& traffic, const Shards& shards, int64_t count, DType dtype,
                     const SumOptions& options)
    : transport_(transport),
      traffic_(traffic),
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
  const int me = transport.rank(), size = transport.size();
  for (int rank = 0; rank < size; ++rank)
    for (const Node& node : own_nodes(shards_of_rank(shards_, rank, size))) terms_.push_back({rank, node});
  own_ = own_nodes(shards).size();
  const size_t others = terms_.size() - own_;
  received_.resize(std::max(others * wire_bytes(me), narrow() ? static_cast<size_t>(count) * wire_width_ : 0));
  if (!narrow()) return;
  widened_.resize(others * static_cast<size_t>(size_of_part(me)) * width_);
  outgoing_.resize((own_ + 1) * static_cast<size_t>(count) * wire_width_);
}

// Returns the numbers as they are sent.
const std::byte* Reduction::on_wire(const std::byte* numbers, int part) {
  if (!narrow()) return numbers;
  std::byte* const to = outgoing_.data() + outgoing_used_;
  outgoing_used_ += wire_bytes(part);
  narrow_to(to, numbers, size_of_part(part));
  return to;
}

void Reduction::begin(int tag, const std::vector<const void*>& terms, void* sum) {
  require<UsageError>(terms.size() == own_ && round_ == Round::none,
                      "[ranks] need {} terms and a sum that is not under way, got {}", own_, terms.size());
  tag_ = tag;
  sum_ = static_cast<std::byte*>(sum);
  outgoing_used_ = 0;
  if (fast_) {
    if (sum != terms[0]) std::memcpy(sum, terms[0], static_cast<size_t>(bytes()));
    requests_.push_back(transport_.sum_all(sum, count_, is_f64_));
    traffic_.sent += bytes();
    ++traffic_.messages;
    round_ = Round::fast;
    return;
  }
  const int me = transport_.rank();
  std::byte* to = received_.data();
  size_t own = 0;
  const auto part = [&](size_t term, int rank) {
    return static_cast<const std::byte*>(terms[term]) + static_cast<size_t>(begin_of(rank)) * width_;
  };
  for (Term& term : terms_) {
    term.data = term.rank == me ? part(own++, me) : to;
    if (term.rank == me) continue;
    receive(term.rank, to, me);
    to += wire_bytes(me);
  }
  for (int rank = 0; rank < transport_.size(); ++rank)
    for (size_t term = 0; rank != me && term < own_; ++term) {
      const std::byte* const data = on_wire(part(term, rank), rank);
      if (wire_bytes(rank) == 0) continue;  // fewer numbers than ranks leave some without any to add up
      requests_.push_back(transport_.send(rank, tag_, data, wire_bytes(rank)));
      traffic_.sent += static_cast<int64_t>(wire_bytes(rank));
      ++traffic_.messages;
    }
  round_ = Round::terms;
}

// Sends this rank's part of the sums.
void Reduction::send(int to, const std::byte* data) {
  const size_t bytes = wire_bytes(transport_.rank());
  if (bytes == 0) return;
  requests_.push_back(transport_.send(to, tag_, data, bytes));
  traffic_.sent += static_cast<int64_t>(bytes);
  ++traffic_.messages;
}

void Reduction::receive(int from, std::byte* data, int part) {
  if (wire_bytes(part) > 0) requests_.push_back(transport_.receive(from, tag_, data, wire_bytes(part)));
}

bool Reduction::all_done() {
  std::erase_if(requests_, [this](int64_t request) { return transport_.done(request); });
  return requests_.empty();
}

void Reduction::add(std::byte* y, const std::byte* a, const std::byte* b) const {
  (is_f64_ ? add_numbers<double> : add_numbers<float>)(y, a, b, size_of_part(transport_.rank()));
}

// Returns a node's value: a term, or the sum of its children, for which each level has memory.
const std::byte* Reduction::value_of(const Node& node, size_t level) {
  const auto found = std::find_if(terms_.begin(), terms_.end(), [&](const Term& term) { return term.node == node; });
  if (found != terms_.end()) return found->data;
  const std::byte* const left = value_of({node.begin, node.middle()}, level);
  const std::byte* const right = value_of({node.middle(), node.end}, level + 1);
  if (partial_.size() <= level) partial_.resize(level + 1);
  partial_[level].resize(static_cast<size_t>(size_of_part(transport_.rank())) * width_);
  add(partial_[level].data(), left, right);
  return partial_[level].data();
}

// Where numbers are rounded on their way this rank has its own part of the sums rounded, too, so that all have alike.
void Reduction::add_up() {
  const int me = transport_.rank();
  std::byte* to = widened_.data();
  for (Term& term : terms_) {
    if (!narrow() || term.rank == me) continue;
    widen_to(to, term.data, size_of_part(me));
    term.data = to;
    to += static_cast<size_t>(size_of_part(me)) * width_;
  }
  const Node root{0, shards_};
  const std::byte* const left = value_of({0, root.middle()}, 0);
  add(part_of(me), left, value_of({root.middle(), shards_}, 1));
  const std::byte* const sums = on_wire(part_of(me), me);
  if (narrow()) widen_to(part_of(me), sums, size_of_part(me));
  for (int rank = 0; rank < transport_.size(); ++rank) {
    if (rank == me) continue;
    send(rank, sums);
    receive(rank, narrow() ? received_.data() + static_cast<size_t>(begin_of(rank)) * wire_width_ : part_of(rank),
            rank);
  }
}

void Reduction::widen_sums() {
  for (int rank = 0; rank < transport_.size(); ++rank)
    if (rank != transport_.rank())
      widen_to(part_of(rank), received_.data() + static_cast<size_t>(begin_of(rank)) * wire_width_, size_of_part(rank));
}

bool Reduction::advance() {
  if (round_ == Round::terms && all_done()) {
    add_up();
    round_ = Round::sums;
  }
  if ((round_ == Round::sums || round_ == Round::fast) && all_done()) {
    if (round_ == Round::sums && narrow()) widen_sums();
    round_ = Round::none;
  }
  return round_ == Round::none;
}

}  // namespace grus::parallel
