#pragma once
// A phrase table as training text.
#include <string>
#include <vector>

#include "seq2seq/corpora.h"

namespace grus::phrases {

/// Reads distinct pairs in the order of their first line: frequencies are ignored, as in Cho et al. 2014, section 3.1.
/// With `all_columns`, SOURCE<TAB>TARGET<TAB>TARGET... lines give a pair for each target.
data::ParallelCorpus read_pairs(const std::string& file, bool skip_bad, bool all_columns = false);

/// Groups pairs: a line for each source with all its targets.
data::ReferenceCorpus group_by_source(const data::ParallelCorpus& pairs);

/// Moves all pairs of every `every`-th source phrase, chosen by a hash of its text, from `train` to the result.
data::ParallelCorpus hold_out(data::ParallelCorpus& train, uint64_t every);

/// Reads the tables that --train, --valid and --test name. Where --valid is --train, a source phrase in 50 is held out.
seq2seq::Corpora read_tables(const seq2seq::TrainOptions& options, bool skip_bad);

}  // namespace grus::phrases
