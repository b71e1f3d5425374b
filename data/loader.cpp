#include "data/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/base/error.h"
#include "data/shuffle.h"

namespace grus::data {
namespace {

template <class T>
int64_t length(const std::vector<T>& items) {
  return static_cast<int64_t>(items.size());
}

void check(const LoaderOptions& o) {
  require<UsageError>(o.batch_tokens >= 0 && o.batch_sentences >= 0 && o.batch_tokens + o.batch_sentences > 0,
                      "[loader] need a limit of tokens or sentences for a batch, got {} and {}", o.batch_tokens,
                      o.batch_sentences);
  require<UsageError>(o.bucket >= 0 && o.max_length >= 0 && o.prefetch >= 0,
                      "[loader] need bucket, max_length and prefetch of 0 or more, got {}, {} and {}", o.bucket,
                      o.max_length, o.prefetch);
}

}  // namespace

Loader::Loader(EncodedCorpus corpus, const LoaderOptions& options, const Notice& notice)
    : options_(options), corpus_(std::move(corpus)) {
  check(options_);
  require<UsageError>(corpus_.source.size() == corpus_.target.size(),
                      "[loader] need as many sources as targets, got {} and {}", corpus_.source.size(),
                      corpus_.target.size());
  limit_lengths(notice);
  require<DataError>(!kept_.empty(), "[loader] need sentence pairs, got none (of {}, {} are too long)", corpus_.size(),
                     overlong_);
}

void Loader::limit_lengths(const Notice& notice) {
  const int64_t most = options_.max_length;
  for (size_t i = 0; i < corpus_.source.size(); ++i) {
    auto& source = corpus_.source[i];
    auto& target = corpus_.target[i];
    const bool fits = most == 0 || (length(source) <= most && length(target) <= most);
    if (!fits) ++overlong_;
    if (!fits && options_.overlong == Overlong::skip) continue;
    if (!fits) {
      source.resize(static_cast<size_t>(std::min(length(source), most)));
      target.resize(static_cast<size_t>(std::min(length(target), most)));
    }
    kept_.push_back(static_cast<int64_t>(i));
  }
  if (overlong_ > 0 && notice && !kept_.empty())
    notice(fmt::format("{} of {} sentence pairs {}: longer than {} tokens", overlong_, corpus_.size(),
                       options_.overlong == Overlong::skip ? "skipped" : "cut", most));
}

// Returns how many places the pair's row takes in a batch: the longer of the source and of what is predicted (the
// target and <eos>).
int64_t Loader::padded_length(int64_t pair) const {
  const auto i = static_cast<size_t>(pair);
  return std::max(length(corpus_.source[i]) + options_.source_marks.count(), length(corpus_.target[i]) + 1);
}

std::vector<std::vector<int64_t>> Loader::cut(const std::vector<int64_t>& order) const {
  std::vector<std::vector<int64_t>> batches;
  int64_t longest = 0;
  for (const int64_t pair : order) {
    longest = std::max(longest, padded_length(pair));
    const int64_t count = batches.empty() ? 0 : length(batches.back()) + 1;
    const bool too_many = options_.batch_sentences > 0 && count > options_.batch_sentences;
    const bool too_long = options_.batch_tokens > 0 && count * longest > options_.batch_tokens;
    if (batches.empty() || too_many || too_long) {
      batches.emplace_back();
      longest = padded_length(pair);
    }
    batches.back().push_back(pair);
  }
  return batches;
}

std::vector<std::vector<int64_t>> Loader::plan(int64_t epoch) const {
  SplitMix random(options_.seed, static_cast<uint64_t>(epoch));
  std::vector<int64_t> order = kept_;
  if (options_.shuffle) shuffle(order, random);
  if (options_.bucket == 0) return cut(order);
  const auto by_length = [&](int64_t a, int64_t b) {
    const auto key = [&](int64_t i) {
      return std::tuple(corpus_.target[static_cast<size_t>(i)].size(), corpus_.source[static_cast<size_t>(i)].size());
    };
    return key(a) < key(b);
  };
  std::vector<std::vector<int64_t>> batches;
  for (size_t begin = 0; begin < order.size();) {
    const size_t end = std::min(order.size(), begin + static_cast<size_t>(options_.bucket));
    std::vector<int64_t> chunk(order.begin() + static_cast<int64_t>(begin), order.begin() + static_cast<int64_t>(end));
    std::stable_sort(chunk.begin(), chunk.end(), by_length);
    for (auto& batch : cut(chunk)) batches.push_back(std::move(batch));
    begin = end;
  }
  if (options_.shuffle) shuffle(batches, random);
  return batches;
}

void Loader::start(int64_t epoch, int64_t first) {
  ahead_.reset();
  plan_ = plan(epoch);
  require<UsageError>(first >= 0 && first <= batches(), "[loader] need a batch from 0 to {} of epoch {}, got {}",
                      batches(), epoch, first);
  position_ = first;
  device_ = default_device();
  if (options_.prefetch == 0) return;
  auto make = [this, device = device_, at = static_cast<size_t>(first)]() mutable -> std::optional<Batch> {
    if (at == plan_.size()) return std::nullopt;
    return make_batch(corpus_, plan_[at++], options_.source_marks, device);
  };
  ahead_ = std::make_unique<Prefetch<Batch>>(static_cast<size_t>(options_.prefetch), std::move(make));
}

std::optional<Batch> Loader::next() {
  if (position_ == batches()) return std::nullopt;
  std::optional<Batch> batch =
      ahead_ ? ahead_->next()
             : make_batch(corpus_, plan_[static_cast<size_t>(position_)], options_.source_marks, device_);
  ++position_;
  return batch;
}

}  // namespace grus::data
