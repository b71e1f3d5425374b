#include "data/batch.h"

#include <algorithm>
#include <numeric>

#include "core/base/error.h"

namespace grus::data {

EncodedCorpus encode(const ParallelCorpus& corpus, const Codec& source, const Codec& target) {
  return {source.encode(corpus.source), target.encode(corpus.target)};
}

Sequences make_sequences(const std::vector<std::vector<int32_t>>& rows, std::span<const int64_t> which, Marks marks) {
  Sequences s;
  s.batch = static_cast<int64_t>(which.size());
  for (const int64_t i : which) {
    require<UsageError>(i >= 0 && i < static_cast<int64_t>(rows.size()), "[batch] need rows below {}, got {}",
                        rows.size(), i);
    s.lengths.push_back(static_cast<int64_t>(rows[static_cast<size_t>(i)].size()) + marks.count());
    s.length = std::max(s.length, s.lengths.back());
  }
  s.tokens.assign(static_cast<size_t>(s.length * s.batch), PAD);
  for (size_t b = 0; b < which.size(); ++b) {
    size_t place = b;
    const auto put = [&](int32_t id) {
      s.tokens[place] = id;
      place += which.size();
    };
    if (marks.sos) put(SOS);
    for (const int32_t id : rows[static_cast<size_t>(which[b])]) put(id);
    if (marks.eos) put(EOS);
  }
  return s;
}

Sequences make_sequences(const std::vector<std::vector<int32_t>>& rows, Marks marks) {
  std::vector<int64_t> all(rows.size());
  std::iota(all.begin(), all.end(), 0);
  return make_sequences(rows, all, marks);
}

Batch make_batch(const EncodedCorpus& corpus, std::vector<int64_t> index, Marks source_marks) {
  require<UsageError>(corpus.source.size() == corpus.target.size(),
                      "[batch] need as many sources as targets, got {} and {}", corpus.source.size(),
                      corpus.target.size());
  Batch batch;
  batch.source = make_sequences(corpus.source, index, source_marks);
  batch.target = make_sequences(corpus.target, index, {.sos = true, .eos = true});
  const auto total = [](const Sequences& s) { return std::accumulate(s.lengths.begin(), s.lengths.end(), int64_t{0}); };
  batch.source_tokens = total(batch.source);
  batch.target_tokens = total(batch.target);
  batch.index = std::move(index);
  return batch;
}

}  // namespace grus::data
