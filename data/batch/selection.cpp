#include "data/batch/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "data/batch/shuffle.h"

namespace grus::data {
namespace {

Selection chosen(const Selection& all, std::vector<int64_t> places) { return all.subset(places); }

void check_fractions(std::span<const double> fractions) {
  double sum = 0;
  for (const double f : fractions) {
    require<UsageError>(f > 0 && f <= 1, "[split] need fractions above 0 and up to 1, got {}",
                        fmt::join(fractions, ", "));
    sum += f;
  }
  require<UsageError>(std::abs(sum - 1) < 1e-6, "[split] need fractions that add up to 1, got {} (sum {})",
                      fmt::join(fractions, ", "), sum);
}

void check_labels(const SplitOptions& o, int64_t size) {
  require<UsageError>(static_cast<int64_t>(o.stratify.size()) == size,
                      "[split] need a label for each of {} examples, got {}", size, o.stratify.size());
  require<UsageError>(o.classes >= 0, "[split] need classes of 0 or more, got {}", o.classes);
  for (size_t i = 0; i < o.stratify.size(); ++i) {
    const int64_t label = o.stratify[i];
    require<UsageError>(label >= 0 && (o.classes == 0 || label < o.classes),
                        "[split] need labels from 0 to {}, got {} for example {}",
                        o.classes > 0 ? fmt::format("{}", o.classes - 1) : std::string("2^63 - 1"), label, i);
  }
}

// Returns the part of each place of `order`: cuts at the rounded sums of the fractions.
std::vector<size_t> parts_in_order(size_t size, std::span<const double> fractions) {
  std::vector<size_t> part;
  double sum = 0;
  for (size_t k = 0; k < fractions.size(); ++k) {
    sum += fractions[k];
    const bool last = k + 1 == fractions.size();
    const auto end = last ? size : static_cast<size_t>(std::llround(sum * static_cast<double>(size)));
    while (part.size() < std::min(end, size)) part.push_back(k);
  }
  return part;
}

// Examples stand by label, and each goes to the part that lacks most of its share of those so far: then every run of
// them, and so every label, is shared out in these proportions.
std::vector<size_t> parts_by_label(const std::vector<int64_t>& order, std::span<const double> fractions,
                                   const std::vector<int64_t>& labels) {
  std::vector<size_t> ranks(order.size());
  std::iota(ranks.begin(), ranks.end(), size_t{0});
  const auto label = [&](size_t rank) { return labels[static_cast<size_t>(order[rank])]; };
  std::stable_sort(ranks.begin(), ranks.end(), [&](size_t a, size_t b) { return label(a) < label(b); });
  std::vector<double> got(fractions.size(), 0);
  std::vector<size_t> part(order.size());
  for (size_t n = 0; n < ranks.size(); ++n) {
    size_t most = 0;
    const auto lack = [&](size_t k) { return fractions[k] * static_cast<double>(n + 1) - got[k]; };
    for (size_t k = 1; k < fractions.size(); ++k)
      if (lack(k) > lack(most)) most = k;
    got[most] += 1;
    part[ranks[n]] = most;
  }
  return part;
}

}  // namespace

Selection::Selection(int64_t count) : size_(count) {
  require<UsageError>(count >= 0, "[dataset] need a size of 0 or more, got {}", count);
}

void Selection::fail_no_such(int64_t i) const {
  fail<UsageError>("[dataset] need an example in [0, {}), got {}", size_, i);
}

Selection Selection::take(int64_t n) const {
  require<UsageError>(n >= 0, "[dataset] need 0 examples or more to take, got {}", n);
  Selection first = *this;
  first.size_ = std::min(n, size_);
  return first;
}

Selection Selection::skip(int64_t n) const {
  require<UsageError>(n >= 0, "[dataset] need 0 examples or more to skip, got {}", n);
  Selection rest = *this;
  rest.begin_ += std::min(n, size_);
  rest.size_ -= std::min(n, size_);
  return rest;
}

Selection Selection::subset(std::span<const int64_t> which) const {
  std::vector<int64_t> places;
  places.reserve(which.size());
  for (const int64_t i : which) places.push_back((*this)[i]);
  Selection some(static_cast<int64_t>(places.size()));
  some.list_ = std::make_shared<const std::vector<int64_t>>(std::move(places));
  return some;
}

Selection Selection::shuffle(uint64_t seed) const {
  std::vector<int64_t> order(static_cast<size_t>(size_));
  std::iota(order.begin(), order.end(), 0);
  SplitMix random(seed);
  data::shuffle(order, random);
  return chosen(*this, std::move(order));
}

uint64_t Selection::fingerprint() const {
  uint64_t print = derived_seed(0, static_cast<uint64_t>(size_));
  for (int64_t i = 0; i < size_; ++i) print = derived_seed(print, static_cast<uint64_t>((*this)[i]));
  return print;
}

std::vector<Selection> split(const Selection& all, std::span<const double> fractions, const SplitOptions& options) {
  check_fractions(fractions);
  if (!options.stratify.empty()) check_labels(options, all.size());
  std::vector<int64_t> order(static_cast<size_t>(all.size()));
  std::iota(order.begin(), order.end(), 0);
  SplitMix random(options.seed);
  if (options.shuffle) shuffle(order, random);
  const std::vector<size_t> part = options.stratify.empty() ? parts_in_order(order.size(), fractions)
                                                            : parts_by_label(order, fractions, options.stratify);
  std::vector<std::vector<int64_t>> places(fractions.size());
  for (size_t rank = 0; rank < order.size(); ++rank) places[part[rank]].push_back(order[rank]);
  std::vector<Selection> parts;
  for (size_t k = 0; k < places.size(); ++k) {
    require<DataError>(!places[k].empty(), "[split] need an example for each part, got none of {} for part {} ({})",
                       all.size(), k + 1, fractions[k]);
    parts.push_back(chosen(all, std::move(places[k])));
  }
  return parts;
}

}  // namespace grus::data
