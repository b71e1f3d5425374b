#pragma once
// From options to a trained model with its figures and report.
#include "seq2seq/corpora.h"

namespace grus::seq2seq {

/// Trains on what the options name. 0: trained to the end; 3: stopped on request, all saved.
int train(TrainOptions options, const std::string& command_line, size_t samples = 5);
/// The same with texts that `read` gives, which is called once the folder is known to take a model.
int train(TrainOptions options, const CorpusReader& read, const std::string& command_line, size_t samples = 5);

}  // namespace grus::seq2seq
