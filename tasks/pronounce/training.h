#pragma once
// What a speaker learns from, and how it is judged while it learns.
#include <string>

#include "seq2seq/packed_batches.h"
#include "tasks/pronounce/speaker.h"
#include "training/fit_options.h"

namespace grus::tasks::pronounce {

/// Returns batches of a pair for each pronunciation.
seq2seq::PackedBatches make_batches(const TrainOptions& o, const seq2seq::Codecs& codecs, const Dictionary& words);
std::string checksum_of(const Dictionary& dictionary);
/// Measures errors of phones and of words, by greedy search. Both must outlive the validation.
training::Validation validation(const Speakers& speakers, const Dictionary& words);

}  // namespace grus::tasks::pronounce
