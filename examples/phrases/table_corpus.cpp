#include "examples/phrases/table_corpus.h"

#include <unordered_map>
#include <unordered_set>

#include "core/base/error.h"
#include "data/batch/shuffle.h"
#include "data/pairs/phrase_table.h"
#include "data/read/text.h"
#include "examples/support/program.h"

namespace grus::phrases {
namespace {

void add_pair(data::ParallelCorpus& pairs, std::unordered_set<std::string>& seen, const std::string& source,
              const std::string& target) {
  if (!seen.insert(source + "\t" + target).second) return;
  pairs.source.push_back(source);
  pairs.target.push_back(target);
}

// The hash (FNV-1a) is the same everywhere, so the same phrases are held out.
uint64_t hash_of(const std::string& text) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return data::SplitMix(hash).next();
}

}  // namespace

data::ParallelCorpus read_pairs(const std::string& file, bool skip_bad, bool all_columns) {
  data::PhraseTableReader table(file, skip_bad);
  data::ParallelCorpus pairs;
  std::unordered_set<std::string> seen;
  while (const auto line = table.next()) {
    add_pair(pairs, seen, line->source, line->target);
    if (!all_columns) continue;
    for (const std::string& target : line->further_columns())
      if (!target.empty()) add_pair(pairs, seen, line->source, target);
  }
  if (table.skipped() > 0) complain(table.notice());
  require<DataError>(pairs.size() > 0, "{}: need phrase pairs, got none", file);
  return pairs;
}

data::ReferenceCorpus group_by_source(const data::ParallelCorpus& pairs) {
  data::ReferenceCorpus grouped;
  std::unordered_map<std::string, size_t> places;
  for (size_t n = 0; n < pairs.source.size(); ++n) {
    const auto [place, is_new] = places.emplace(pairs.source[n], grouped.source.size());
    if (is_new) {
      grouped.source.push_back(pairs.source[n]);
      grouped.references.emplace_back();
    }
    grouped.references[place->second].push_back(pairs.target[n]);
  }
  return grouped;
}

data::ParallelCorpus hold_out(data::ParallelCorpus& train, uint64_t every) {
  data::ParallelCorpus kept, held;
  for (size_t n = 0; n < train.source.size(); ++n) {
    data::ParallelCorpus& to = hash_of(train.source[n]) % every == 0 ? held : kept;
    to.source.push_back(std::move(train.source[n]));
    to.target.push_back(std::move(train.target[n]));
  }
  train = std::move(kept);
  return held;
}

seq2seq::Corpora read_tables(const seq2seq::TrainOptions& o, bool skip_bad) {
  seq2seq::Corpora corpora;
  corpora.train = read_pairs(o.train, skip_bad);
  if (o.valid == o.train) {
    constexpr uint64_t one_in = 50;
    corpora.valid = group_by_source(hold_out(corpora.train, one_in));
    require<DataError>(corpora.valid.size() > 0 && corpora.train.size() > 0,
                       "{}: need enough source phrases to hold one in {} out, or --valid", o.train, one_in);
  } else {
    corpora.valid = group_by_source(read_pairs(o.valid, skip_bad, true));
  }
  if (!o.test.empty()) corpora.test = group_by_source(read_pairs(o.test, skip_bad, true));
  return corpora;
}

}  // namespace grus::phrases
