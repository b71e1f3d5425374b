#include "seq2seq/search.h"

#include <algorithm>
#include <atomic>
#include <functional>

#include "core/base/error.h"
#include "core/thread/parts.h"
#include "seq2seq/batch_search.h"
#include "seq2seq/shortlist.h"

namespace grus::seq2seq {
namespace {

/// Calls f(begin, end) for this part's batches of about equal size, of at most `most` of `count` sentences. Their
/// number is a multiple of the threads', and a free thread takes the next one. An exception of one ends all.
void for_each_batch(size_t count, size_t most, int64_t beam, const SearchOptions& options,
                    const std::function<void(size_t, size_t)>& f) {
  const auto first = static_cast<size_t>(options.part), step = static_cast<size_t>(options.parts);
  std::atomic<size_t> next{first};
  const auto rows = static_cast<int64_t>(std::min(count, most)) * beam;
  in_parts(default_device(), rows, static_cast<int64_t>(count), [&](int, int parts) {
    const auto threads = static_cast<size_t>(parts), rounds = (count + threads * most - 1) / (threads * most);
    const size_t batches = std::min(count, threads * rounds);
    try {
      for (size_t batch; (batch = next.fetch_add(step)) < batches;)
        f(count * batch / batches, count * (batch + 1) / batches);
    } catch (...) {
      next = batches;
      throw;
    }
  });
}

SearchOptions checked(SearchOptions options) {
  require<UsageError>(options.sample || options.n_best <= options.beam,
                      "[search] need an n_best of at most the beam of {}, got {}", options.beam, options.n_best);
  options.enough = options.enough > 0 ? std::max(options.enough, options.n_best) : options.beam;
  return options;
}

void require_prefixes(const SearchOptions& options, size_t sources) {
  require<UsageError>(options.prefixes.empty() || options.prefixes.size() == sources,
                      "[search] need a prefix for each of {} sources, got {}", sources, options.prefixes.size());
}

std::span<const int32_t> prefix_of(const SearchOptions& options, size_t n) {
  return options.prefixes.empty() ? std::span<const int32_t>() : std::span<const int32_t>(options.prefixes[n]);
}

// Returns the words of the sentences, which are those of their prefixes, too.
BatchWords sayable_words(const SearchOptions& options, std::span<const std::vector<int32_t>> sources,
                         const std::vector<Sentence>& sentences) {
  if (!options.shortlist) return {};
  std::vector<std::vector<int32_t>> all;
  for (size_t n = 0; n < sources.size(); ++n) {
    std::vector<int32_t>& words = all.emplace_back(options.shortlist->words(sources[n]));
    const std::span<const int32_t> prefix = sentences[n].prefix;
    words.insert(words.end(), prefix.begin(), prefix.end());
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
  }
  return BatchWords(all);
}

}  // namespace

std::vector<std::vector<Hypothesis>> search(std::span<const Searcher> models, const SearchOptions& given) {
  const SearchOptions options = checked(given);
  const std::vector<std::vector<int32_t>>& sources = *models.front().sources;
  require_prefixes(options, sources.size());
  std::vector<size_t> order;
  std::vector<std::vector<Hypothesis>> results(sources.size());
  for (size_t i = 0; i < sources.size(); ++i)
    if (sources[i].empty()) results[i].emplace_back().finished = true;
    else order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return sources[a].size() > sources[b].size(); });
  const auto search_batch = [&](size_t begin, size_t end) {
    const NoGrad off;
    std::vector<Sentence> sentences;
    for (size_t i = begin; i < end; ++i) {
      const size_t n = order[i];
      sentences.push_back({sources[n].size(), prefix_of(options, n), options.first + n});
    }
    std::vector<Member> members;
    BatchWords words;
    for (const Searcher& one : models) {
      std::vector<std::vector<int32_t>> group;
      for (size_t i = begin; i < end; ++i) group.push_back((*one.sources)[order[i]]);
      if (members.empty()) words = sayable_words(options, group, sentences);
      members.emplace_back(words.narrowed(one.model->output()), one.model->decode(pack_tokens(group)));
    }
    std::vector<std::vector<Hypothesis>> found =
        BatchSearch(std::move(members), std::move(sentences), std::move(words), options).run();
    for (size_t i = begin; i < end; ++i) results[order[i]] = std::move(found[i - begin]);
  };
  const int64_t rows = options.sample ? options.n_best : options.beam;
  const auto most = static_cast<size_t>(std::max<int64_t>(1, options.batch_rows / rows));
  for_each_batch(order.size(), most, rows, options, search_batch);
  return results;
}

std::vector<std::vector<Hypothesis>> search(const Architecture& model, const std::vector<std::vector<int32_t>>& sources,
                                            const SearchOptions& options) {
  const Searcher alone{&model, &sources};
  return search({&alone, 1}, options);
}

std::vector<std::vector<Hypothesis>> search(std::unique_ptr<Decoder> decoder, const OutputLayer& output,
                                            int64_t sources, const SearchOptions& given) {
  const SearchOptions options = checked(given);
  require<UsageError>(options.max_length > 0, "[search] need a max_length for codes without words, got {}",
                      options.max_length);
  require<UsageError>(!options.shortlist, "[search] need words of a source for a shortlist, got codes without");
  require_prefixes(options, static_cast<size_t>(sources));
  const NoGrad off;
  std::vector<Sentence> sentences;
  for (size_t n = 0; n < static_cast<size_t>(sources); ++n)
    sentences.push_back({0, prefix_of(options, n), options.first + n});
  std::vector<Member> members;
  members.emplace_back(output, std::move(decoder));
  return BatchSearch(std::move(members), std::move(sentences), {}, options).run();
}

}  // namespace grus::seq2seq
