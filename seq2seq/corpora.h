#pragma once
// The texts of a training run are read here, and its vocabularies learnt.
#include <functional>

#include "data/pairs/batch.h"
#include "data/pairs/corpus.h"
#include "seq2seq/model_folder.h"

namespace grus::seq2seq {

struct Corpora {
  data::ParallelCorpus train;
  data::ReferenceCorpus valid;
  data::ReferenceCorpus test;            // empty where no test text is given
  std::string source_name, target_name;  // the names of both sides in a report; empty: the files' names
};

/// Reads the files that the options name. Throws DataError with file and line.
Corpora read_corpora(const TrainOptions& options);

/// Returns a checksum of all words of the training text and one of the validation text.
TextSums sums_of(const Corpora& corpora);

using CorpusReader = std::function<Corpora(const TrainOptions&)>;

/// Reads the test text alone; the result is empty where the options name none. Throws DataError with file and line.
data::ReferenceCorpus read_test(const TrainOptions& options);

/// Learns vocabularies from the training text, takes the symbols that --vocab-src and --vocab-tgt name, and sets
/// options.tokenizer where the options name none. Throws DataError for a file of symbols that is none.
Codecs learn_codecs(TrainOptions& options, const data::ParallelCorpus& train, const data::Notice& notice);

/// Returns the codecs with the training text's further words, as --min-count and Codec::extended have it; a side that
/// learns its pieces stays as it is. Throws UsageError where both do.
Codecs extend_codecs(const Codecs& codecs, const TrainOptions& options, const data::ParallelCorpus& train,
                     const data::Notice& notice);

}  // namespace grus::seq2seq
