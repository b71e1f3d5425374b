#pragma once
// The texts of a training run.
#include <functional>

#include "data/batch.h"
#include "data/corpus.h"
#include "seq2seq/model_folder.h"

namespace grus::seq2seq {

struct Corpora {
  data::ParallelCorpus train;
  data::ReferenceCorpus valid;
  data::ReferenceCorpus test;            // empty: none given
  std::string source_name, target_name;  // what a report calls both sides; empty: the files' names
};

/// Reads what the options name. Throws DataError with file and line.
Corpora read_corpora(const TrainOptions& options);

/// A checksum of all words of the training and the validation text.
TextSums sums_of(const Corpora& corpora);

using CorpusReader = std::function<Corpora(const TrainOptions&)>;

/// The test text alone; empty: the options name none.
data::ReferenceCorpus read_test(const TrainOptions& options);

/// Learns vocabularies from the training text. Sets options.tokenizer where none was named.
Codecs learn_codecs(TrainOptions& options, const data::ParallelCorpus& train, const data::Notice& notice);

}  // namespace grus::seq2seq
