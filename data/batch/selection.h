#pragma once
// Which examples of a data set there are, and in which order; how they are split.
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace grus::data {

/// Places of examples, in an order. A copy shares the list, and a range keeps none.
class Selection {
 public:
  /// Chooses 0 ... count - 1. Throws UsageError for a negative count.
  explicit Selection(int64_t count = 0);

  int64_t size() const { return size_; }
  /// Throws UsageError unless 0 <= i < size().
  int64_t operator[](int64_t i) const {
    if (i < 0 || i >= size_) [[unlikely]]
      fail_no_such(i);
    return list_ ? (*list_)[static_cast<size_t>(begin_ + i)] : begin_ + i;
  }

  // Each chooses among what is chosen here. Numbers count from 0, in this selection's order.
  /// The first n, and all but the first n; of fewer than n, all and none. Throws UsageError for a negative n.
  Selection take(int64_t n) const;
  Selection skip(int64_t n) const;
  /// Throws UsageError for an index that is not there. One may come twice.
  Selection subset(std::span<const int64_t> which) const;
  /// Every order is equally likely, and every machine has the one of this seed.
  Selection shuffle(uint64_t seed) const;

  /// A number that tells other selections, but for one in 2^64.
  uint64_t fingerprint() const;

 private:
  [[noreturn]] void fail_no_such(int64_t i) const;

  int64_t begin_ = 0, size_ = 0;
  std::shared_ptr<const std::vector<int64_t>> list_;  // null: the numbers themselves
};

struct SplitOptions {
  uint64_t seed = 1;
  bool shuffle = true;                 // false: parts follow one another in the data's order, for data ordered by time
  std::vector<int64_t> stratify = {};  // a label for each example: every part gets its share of each label
  int64_t classes = 0;                 // labels are below it; 0: no limit
};

/// Splits into a part for each fraction, every example in one; sizes differ from fraction x size by less than 1, with
/// `stratify` by less than the number of parts for each label. A part keeps the order, the shuffled one with `shuffle`.
/// Throws UsageError for fractions that are not above 0 or do not add up to 1, and for labels out of range, DataError
/// for a part without an example.
std::vector<Selection> split(const Selection& all, std::span<const double> fractions, const SplitOptions& options);

}  // namespace grus::data
