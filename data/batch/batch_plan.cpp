#include "data/batch/batch_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "data/batch/shuffle.h"

namespace grus::data {
namespace {

constexpr int64_t most_length = int64_t{1} << 31, most_workers = 256;

void check(const BatchOptions& o) {
  require<UsageError>(o.size >= 0 && o.tokens >= 0 && o.size + o.tokens > 0,
                      "[batches] need a limit of examples or tokens for a batch, got size {} and tokens {}", o.size,
                      o.tokens);
  require<UsageError>(o.bucket >= 0, "[batches] need bucket of 0 or more, got {}", o.bucket);
  require<UsageError>(o.workers >= 0 && o.workers <= most_workers && o.ahead >= 1,
                      "[batches] need 0 to {} workers and 1 or more batches ahead, got {} and {}", most_workers,
                      o.workers, o.ahead);
  require<UsageError>(!o.drop_last || (o.size > 0 && o.tokens == 0),
                      "[batches] need size alone as a limit for drop_last, got size {} and tokens {}", o.size,
                      o.tokens);
}

void check_lengths(const BatchOptions& o, int64_t examples) {
  if (o.tokens == 0 && o.bucket == 0) return;
  require<UsageError>(static_cast<int64_t>(o.lengths.size()) == examples,
                      "[batches] need a length for each of {} examples, got {}", examples, o.lengths.size());
  for (size_t i = 0; i < o.lengths.size(); ++i)
    require<UsageError>(o.lengths[i] >= 0 && o.lengths[i] < most_length,
                        "[batches] need lengths of 0 or more below 2^31, got {} for example {}", o.lengths[i], i);
}

}  // namespace

BatchPlan::BatchPlan(int64_t examples, BatchOptions options, std::vector<int64_t> sort_keys)
    : examples_(examples), options_(std::move(options)), sort_keys_(std::move(sort_keys)) {
  check(options_);
  require<DataError>(examples > 0, "[batches] need examples, got an empty data set");
  check_lengths(options_, examples);
  require<DataError>(!options_.drop_last || examples >= options_.size,
                     "[batches] need {} examples at least for a batch with drop_last, got {}", options_.size, examples);
  if (sort_keys_.empty()) sort_keys_ = options_.lengths;
}

Plan BatchPlan::cut(const std::vector<int64_t>& order) const {
  Plan batches;
  int64_t longest = 0;
  for (const int64_t i : order) {
    // An empty example counts as one token, so that a batch ends.
    const int64_t length = options_.tokens > 0 ? std::max<int64_t>(options_.lengths[static_cast<size_t>(i)], 1) : 0;
    longest = std::max(longest, length);
    const int64_t count = batches.empty() ? 0 : static_cast<int64_t>(batches.back().size()) + 1;
    const bool too_many = options_.size > 0 && count > options_.size;
    const bool too_long = options_.tokens > 0 && count * longest > options_.tokens;
    if (batches.empty() || too_many || too_long) {
      batches.emplace_back();
      longest = length;
    }
    batches.back().push_back(i);
  }
  if (options_.drop_last && !batches.empty() && static_cast<int64_t>(batches.back().size()) < options_.size)
    batches.pop_back();
  return batches;
}

Plan BatchPlan::epoch(int64_t epoch) const {
  SplitMix random(options_.seed, static_cast<uint64_t>(epoch));
  std::vector<int64_t> order(static_cast<size_t>(examples_));
  std::iota(order.begin(), order.end(), 0);
  if (options_.shuffle) shuffle(order, random);
  if (options_.bucket == 0) return cut(order);
  Plan batches;
  for (size_t begin = 0; begin < order.size();) {
    const size_t end = std::min(order.size(), begin + static_cast<size_t>(options_.bucket));
    std::vector<int64_t> chunk(order.begin() + static_cast<int64_t>(begin), order.begin() + static_cast<int64_t>(end));
    std::stable_sort(chunk.begin(), chunk.end(), [this](int64_t a, int64_t b) {
      return sort_keys_[static_cast<size_t>(a)] < sort_keys_[static_cast<size_t>(b)];
    });
    for (auto& batch : cut(chunk)) batches.push_back(std::move(batch));
    begin = end;
  }
  if (options_.shuffle) shuffle(batches, random);
  return batches;
}

std::string BatchPlan::fingerprint() const {
  uint64_t lengths = 0;
  for (const int64_t length : options_.lengths) lengths = derived_seed(lengths, static_cast<uint64_t>(length));
  for (const int64_t key : sort_keys_) lengths = derived_seed(lengths, static_cast<uint64_t>(key));
  return fmt::format("examples={} size={} tokens={} bucket={} shuffle={:d} drop_last={:d} seed={} lengths={:016x}",
                     examples_, options_.size, options_.tokens, options_.bucket, options_.shuffle, options_.drop_last,
                     options_.seed, lengths);
}

}  // namespace grus::data
