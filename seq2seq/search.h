#pragma once
// Beam search, and draws in its place, work with any architecture. A sentence's result does not depend on the batch it
// was in: no row depends on another, and every limit is the sentence's own.
#include <span>
#include <vector>

#include "seq2seq/architecture.h"
#include "seq2seq/search_options.h"

namespace grus::seq2seq {

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
/// Returns the n best hypotheses of each of `sources` rows that a decoder was made of, which need be no sentences.
/// Throws UsageError without a max_length, as nothing else limits them.
std::vector<std::vector<Hypothesis>> search(std::unique_ptr<Decoder> decoder, const OutputLayer& output,
                                            int64_t sources, const SearchOptions& options);

}  // namespace grus::seq2seq
