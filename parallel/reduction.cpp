#include "parallel/reduction.h"

#include <algorithm>
#include <cstring>

namespace grus::parallel {
namespace {

template <class T>
void add(std::byte* y, const std::byte* a, const std::byte* b, size_t bytes) {
  auto* const out = reinterpret_cast<T*>(y);
  const auto* const left = reinterpret_cast<const T*>(a);
  const auto* const right = reinterpret_cast<const T*>(b);
  for (size_t i = 0; i < bytes / sizeof(T); ++i) out[i] = left[i] + right[i];
}

}  // namespace

Reduction::Reduction(Transport& transport, int tag, const Shards& shards, std::vector<const void*> terms, void* sum,
                     int64_t count, DType dtype)
    : transport_(transport),
      shards_(shards.of),
      count_(count),
      is_f64_(dtype == DType::f64),
      width_(size_of(dtype)),
      tag_(tag),
      sum_(static_cast<std::byte*>(sum)) {
  const int me = transport.rank(), size = transport.size();
  const auto part = [&](const void* term, int rank) {
    return static_cast<const std::byte*>(term) + static_cast<size_t>(begin_of(rank)) * width_;
  };
  for (int rank = 0; rank < size; ++rank)
    for (const Node& node : own_nodes(shards_of_rank(shards_, rank, size))) terms_.push_back({rank, node, nullptr});
  received_.resize((terms_.size() - terms.size()) * bytes_of(me));
  std::byte* to = received_.data();
  size_t own = 0;
  for (Term& term : terms_) {
    if (term.rank == me) {
      term.data = part(terms[own++], me);
      continue;
    }
    term.data = to;
    receive(term.rank, to, bytes_of(me));
    to += bytes_of(me);
  }
  for (int rank = 0; rank < size; ++rank)
    for (const void* term : terms)
      if (rank != me) send(rank, part(term, rank), bytes_of(rank));
}

// Ranks of fewer numbers than ranks have none to add up.
void Reduction::send(int to, const void* data, size_t bytes) {
  if (bytes == 0) return;
  requests_.push_back(transport_.send(to, tag_, data, bytes));
  sent_ += static_cast<int64_t>(bytes);
}

void Reduction::receive(int from, void* data, size_t bytes) {
  if (bytes > 0) requests_.push_back(transport_.receive(from, tag_, data, bytes));
}

bool Reduction::all_done() {
  std::erase_if(requests_, [this](int64_t request) { return transport_.done(request); });
  return requests_.empty();
}

// Returns the node's value: a term, or the sum of its children, which is put into `sum`.
const std::byte* Reduction::value_of(const Node& node, std::vector<std::byte>& sum) const {
  const auto found = std::find_if(terms_.begin(), terms_.end(), [&](const Term& term) { return term.node == node; });
  if (found != terms_.end()) return found->data;
  std::vector<std::byte> right_sum;
  const std::byte* left = value_of({node.begin, node.middle()}, sum);
  const std::byte* right = value_of({node.middle(), node.end}, right_sum);
  sum.resize(bytes_of(transport_.rank()));  // keeps what the left child has put there
  (is_f64_ ? add<double> : add<float>)(sum.data(), left, right, sum.size());
  return sum.data();
}

void Reduction::add_up() {
  const int me = transport_.rank();
  std::vector<std::byte> sum;
  const std::byte* all = value_of({0, shards_}, sum);
  if (bytes_of(me) > 0) std::memcpy(part_of(me), all, bytes_of(me));
  for (int rank = 0; rank < transport_.size(); ++rank) {
    if (rank == me) continue;
    send(rank, part_of(me), bytes_of(me));
    receive(rank, part_of(rank), bytes_of(rank));
  }
}

bool Reduction::advance() {
  if (round_ == Round::terms && all_done()) {
    add_up();
    round_ = Round::sums;
  }
  if (round_ == Round::sums && all_done()) round_ = Round::done;
  return round_ == Round::done;
}

}  // namespace grus::parallel
