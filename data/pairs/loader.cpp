#include "data/pairs/loader.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace grus::data {
namespace {

template <class T>
int64_t length(const std::vector<T>& items) {
  return static_cast<int64_t>(items.size());
}

std::vector<int64_t> at(const std::vector<int64_t>& kept, std::span<const int64_t> which) {
  std::vector<int64_t> pairs;
  for (const int64_t i : which) pairs.push_back(kept[static_cast<size_t>(i)]);
  return pairs;
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

std::shared_ptr<const Loader::Text> Loader::limited(EncodedCorpus corpus, const LoaderOptions& options,
                                                    const Notice& notice) {
  check(options);
  require<UsageError>(corpus.source.size() == corpus.target.size(),
                      "[loader] need as many sources as targets, got {} and {}", corpus.source.size(),
                      corpus.target.size());
  auto text = std::make_shared<Text>();
  text->corpus = std::move(corpus);
  const int64_t most = options.max_length;
  for (size_t i = 0; i < text->corpus.source.size(); ++i) {
    auto& source = text->corpus.source[i];
    auto& target = text->corpus.target[i];
    const bool fits = most == 0 || (length(source) <= most && length(target) <= most);
    if (!fits) ++text->overlong;
    if (!fits && options.overlong == Overlong::skip) continue;
    if (!fits) {
      source.resize(static_cast<size_t>(std::min(length(source), most)));
      target.resize(static_cast<size_t>(std::min(length(target), most)));
    }
    text->kept.push_back(static_cast<int64_t>(i));
  }
  if (text->overlong > 0 && notice && !text->kept.empty())
    notice(fmt::format("{} of {} sentence pairs {}: longer than {} tokens", text->overlong, text->corpus.size(),
                       options.overlong == Overlong::skip ? "skipped" : "cut", most));
  require<DataError>(!text->kept.empty(), "[loader] need sentence pairs, got none (of {}, {} are too long)",
                     text->corpus.size(), text->overlong);
  return text;
}

// A pair takes as many places in a batch as the longer of the source and of what is predicted (the target and <eos>).
// Buckets are sorted by target, then by source.
BatchPlan Loader::plan_of(const Text& text, const LoaderOptions& options) {
  std::vector<int64_t> lengths, sort_keys;
  for (const int64_t pair : text.kept) {
    const int64_t source = length(text.corpus.source[static_cast<size_t>(pair)]);
    const int64_t target = length(text.corpus.target[static_cast<size_t>(pair)]);
    lengths.push_back(std::max(source + options.source_marks.count(), target + 1));
    sort_keys.push_back(target << 32 | source);
  }
  return BatchPlan(length(text.kept),
                   {.size = options.batch_sentences,
                    .tokens = options.batch_tokens,
                    .bucket = options.bucket,
                    .shuffle = options.shuffle,
                    .drop_last = options.drop_last,
                    .seed = options.seed,
                    .workers = options.prefetch > 0 ? 1 : 0,
                    .ahead = std::max<int64_t>(options.prefetch, 1),
                    .lengths = std::move(lengths)},
                   std::move(sort_keys));
}

Loader::Loader(EncodedCorpus corpus, const LoaderOptions& options, const Notice& notice)
    : text_(limited(std::move(corpus), options, notice)),
      batches_(plan_of(*text_, options),
               [text = text_, marks = options.source_marks](std::span<const int64_t> which, uint64_t) {
                 return make_batch(text->corpus, at(text->kept, which), marks);
               }) {}

Plan Loader::plan(int64_t epoch) const {
  Plan plan = batches_.plan(epoch);
  for (std::vector<int64_t>& batch : plan) batch = at(text_->kept, batch);
  return plan;
}

}  // namespace grus::data
