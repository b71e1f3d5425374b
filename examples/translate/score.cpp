// The subcommand `score`: log-probabilities of pairs, or one more score in a list of translations.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/pairs/corpus.h"
#include "data/pairs/n_best_list.h"
#include "data/read/number.h"
#include "data/read/text.h"
#include "examples/translate/commands.h"
#include "seq2seq/alignment_json.h"
#include "seq2seq/likelihood.h"

namespace grus::translate {
namespace {

// Attention under teacher forcing: what the model looks at when it says the given target.
void write_alignments(const SavedModel& saved, const data::EncodedCorpus& ids, const ScoreOptions& options) {
  require<DataError>(saved.model->has_attention(), "--alignments: need a model with attention, got --arch {}",
                     saved.model->name());
  AtomicFile file(options.alignments);
  const std::vector<std::vector<float>> weights = forced_weights(*saved.model, ids);
  for (size_t n = 0; n < weights.size(); ++n) {
    Alignment alignment{saved.codecs.source.pieces(ids.source[n]), saved.codecs.target.pieces(ids.target[n]),
                        weights[n]};
    alignment.target.emplace_back("<eos>");
    file.write(alignment_line(alignment, options.alignment_format));
  }
  file.commit();
}

int score_pairs(const ScoreOptions& options) {
  const SavedModel saved = load_one(options.use);
  const data::ParallelCorpus pairs =
      options.source.empty() ? data::read_tsv("-") : data::read_parallel(options.source, options.target);
  const std::string name = options.source.empty() ? "standard input" : options.source;
  require_translatable(pairs.source, name);
  require_translatable(pairs.target, options.source.empty() ? name : options.target);
  const data::EncodedCorpus ids = data::encode(pairs, saved.codecs.source, saved.codecs.target);
  if (!options.alignments.empty()) write_alignments(saved, ids, options);
  for (const double log_probability : log_probabilities(*saved.model, ids)) fmt::print("{:.6f}\n", log_probability);
  return 0;
}

// Returns the W of a feature "words= W", else the pieces of the text and its <eos>.
double words_of(const data::NBestEntry& entry, size_t pieces) {
  constexpr std::string_view name = "words= ";
  const size_t at = entry.features.find(name);
  const std::string_view rest =
      at == std::string::npos ? "" : std::string_view(entry.features).substr(at + name.size());
  const std::optional<double> words = data::parse_number(rest.substr(0, rest.find(' ')));
  return words && *words >= 1 ? *words : static_cast<double>(pieces + 1);
}

// Adds the feature, and weight * log p / words^A to the score. A source without words has no share.
void add_scores(const SavedModel& saved, const ScoreOptions& o, const std::vector<std::string>& sources,
                std::vector<data::NBestEntry>& entries) {
  data::EncodedCorpus pairs;
  std::vector<size_t> places;
  for (size_t n = 0; n < entries.size(); ++n) {
    std::vector<int32_t> source = saved.codecs.source.encode(sources[static_cast<size_t>(entries[n].sentence)]);
    if (source.empty()) continue;
    pairs.source.push_back(std::move(source));
    pairs.target.push_back(saved.codecs.target.encode(entries[n].text));
    places.push_back(n);
  }
  if (places.empty()) return;
  const std::vector<double> log_p = log_probabilities(*saved.model, pairs);
  for (size_t i = 0; i < places.size(); ++i) {
    data::NBestEntry& entry = entries[places[i]];
    const double words = words_of(entry, pairs.target[i].size());
    entry.features += fmt::format("{}{}= {:.6f}", entry.features.empty() ? "" : " ", o.feature, log_p[i]);
    entry.score += o.weight * log_p[i] / std::pow(words, o.length_penalty);
  }
}

int rescore_list(const ScoreOptions& o) {
  require<UsageError>(!o.feature.empty() && o.feature.find_first_of(" \t|=") == std::string::npos,
                      "--feature: need a name without blanks, = and |, got '{}'", Shown{o.feature});
  const SavedModel saved = load_one(o.use);
  const std::vector<std::string> sources = data::read_lines(o.source);
  require_translatable(sources, o.source);
  std::vector<data::NBestEntry> entries = data::read_n_best(o.n_best);
  for (const data::NBestEntry& entry : entries) {
    require<DataError>(entry.sentence < std::ssize(sources), "{}: need sentences of the {} in {}, got number {}",
                       o.n_best, sources.size(), o.source, entry.sentence);
    require<DataError>(entry.text.size() <= longest_line, "{}: need texts of at most {} bytes, got one of {}", o.n_best,
                       longest_line, entry.text.size());
  }
  add_scores(saved, o, sources, entries);
  std::stable_sort(entries.begin(), entries.end(), [](const data::NBestEntry& a, const data::NBestEntry& b) {
    return a.sentence != b.sentence ? a.sentence < b.sentence : a.score > b.score;
  });
  for (const data::NBestEntry& entry : entries) fmt::print("{}\n", format_n_best(entry));
  return 0;
}

}  // namespace

int score(const ScoreOptions& options) {
  require<UsageError>(options.source.empty() || !options.target.empty() || !options.n_best.empty(),
                      "--src: need --tgt or --n-best with it, got none");
  return options.n_best.empty() ? score_pairs(options) : rescore_list(options);
}

}  // namespace grus::translate
