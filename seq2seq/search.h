#pragma once
// Beam search over any architecture. A sentence's result does not depend on the batch it was in: rows never see each
// other, and every limit is the sentence's own.
#include <cstdint>
#include <vector>

#include "seq2seq/architecture.h"

namespace grus::seq2seq {

struct SearchOptions {
  int64_t beam = 5;             // 1: greedy
  int64_t n_best = 1;           // at most beam
  double length_penalty = 0.2;  // A: score = log p / words^A, <eos> counts as a word
  int64_t max_length = 0;       // words at most; 0: twice the source and ten more, 1000 at most
  int64_t enough = 0;           // a sentence is done with so many ended hypotheses that no live one outdoes; 0: beam
  double prune = 0;             // nats below the step's best extension that still live on; 0: any
  int64_t batch_rows = 320;     // hypotheses on their way at a time, on each thread
  bool weights = false;         // keep the attention weights
};

struct Hypothesis {
  std::vector<int32_t> ids;  // without <eos>
  double score = 0;          // what hypotheses are ordered by
  double log_probability = 0;
  bool finished = false;       // <eos> came before the limit
  std::vector<float> weights;  // (ids and <eos>, source pieces), when asked for and there are any
};

/// One of the models that search together, and the sources as its vocabulary has them.
struct Searcher {
  const Architecture* model;
  const std::vector<std::vector<int32_t>>* sources;
};

/// The n best of each source, best first; a source that is empty to the first model gives one empty hypothesis. Never
/// gives <unk>, <pad>, <sos>. Several models: each word's probability is the mean of theirs; they share the target
/// vocabulary, and limits and attention are the first one's.
std::vector<std::vector<Hypothesis>> search(std::span<const Searcher> models, const SearchOptions& options);
std::vector<std::vector<Hypothesis>> search(const Architecture& model, const std::vector<std::vector<int32_t>>& sources,
                                            const SearchOptions& options);

}  // namespace grus::seq2seq
