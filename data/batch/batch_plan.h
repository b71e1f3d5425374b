#pragma once
// Which examples make which batch of an epoch.
#include <cstdint>
#include <string>
#include <vector>

namespace grus::data {

struct BatchOptions {
  // A batch ends when one more example would pass either limit; 0 is no limit. One example alone is always a batch.
  int64_t size = 0;        // examples
  int64_t tokens = 0;      // padded: examples x the longest of them
  int64_t bucket = 0;      // examples that are sorted by length together; 0: no sorting
  bool shuffle = true;     // false keeps the order, but for the sorting within buckets
  bool drop_last = false;  // leaves out the batches of fewer than `size` (one at most at the end of each bucket)
  uint64_t seed = 1;
  int64_t workers = 1;                // threads that make batches; 0: they are made in the caller's thread
  int64_t ahead = 2;                  // batches that each worker makes ahead
  std::vector<int64_t> lengths = {};  // of each example, for tokens and bucket; where empty, length_of(example)
};

using Plan = std::vector<std::vector<int64_t>>;

/// Cuts epochs into batches of indices; no example is made. The batches of an epoch and their order depend on the
/// options and the epoch's number alone, and every example is in one batch.
class BatchPlan {
 public:
  /// `sort_keys` are what buckets are sorted by where that is not the length. Throws UsageError for options out of
  /// range or without a limit, and for lengths that are not one of 0 or more for each example, DataError for no
  /// example, and for fewer than a batch with drop_last.
  BatchPlan(int64_t examples, BatchOptions options, std::vector<int64_t> sort_keys = {});

  Plan epoch(int64_t epoch) const;
  const BatchOptions& options() const { return options_; }
  int64_t examples() const { return examples_; }
  /// One line that tells other batches apart: options (but for workers), examples and lengths.
  std::string fingerprint() const;

 private:
  Plan cut(const std::vector<int64_t>& order) const;

  int64_t examples_;
  BatchOptions options_;
  std::vector<int64_t> sort_keys_;
};

}  // namespace grus::data
