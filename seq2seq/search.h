#pragma once
// Beam search works with any architecture. A sentence's result does not depend on the batch it was in: no row depends
// on another, and every limit is the sentence's own.
#include <cstdint>
#include <vector>

#include "seq2seq/architecture.h"

namespace grus::seq2seq {

struct SearchOptions {
  int64_t beam = 5;             // hypotheses kept at each step; 1: greedy
  int64_t n_best = 1;           // hypotheses returned; at most beam
  double length_penalty = 0.2;  // A: score = log p / words^A, where <eos> counts as a word
  int64_t max_length = 0;       // the most words; 0: twice the source's and ten more, 1000 at most
  int64_t enough = 0;           // ended hypotheses that end a sentence once no live one outdoes them; 0: beam
  double prune = 0;             // nats by which an extension may fall behind the step's best and live on; 0: any
  int64_t batch_rows = 320;     // live hypotheses at a time, on each thread
  bool weights = false;         // keeps the attention weights
};

struct Hypothesis {
  std::vector<int32_t> ids;  // without <eos>
  double score = 0;          // log p / words^A, by which hypotheses are ordered
  double log_probability = 0;
  bool finished = false;       // ended by <eos>, not by the limit
  std::vector<float> weights;  // (ids and <eos>, source pieces), where asked for and the model has attention
};

/// A Searcher is one of the models that search together, with the sources in its own vocabulary.
struct Searcher {
  const Architecture* model;
  const std::vector<std::vector<int32_t>>* sources;
};

/// Returns the n best hypotheses of each source, best first, none of which has <unk>, <pad> or <sos>; a source that is
/// empty to the first model gives one empty hypothesis. Several models share the target vocabulary, and a word's
/// probability is the mean of theirs; limits and attention are the first one's.
std::vector<std::vector<Hypothesis>> search(std::span<const Searcher> models, const SearchOptions& options);
std::vector<std::vector<Hypothesis>> search(const Architecture& model, const std::vector<std::vector<int32_t>>& sources,
                                            const SearchOptions& options);

}  // namespace grus::seq2seq
