#pragma once
// Options become a trained model with its figures and report.
#include "seq2seq/corpora.h"

namespace grus::seq2seq {

/// Trains on the texts that the options name. Returns 0 when trained to the end, 3 when stopped on request, all saved.
int run_training(TrainOptions options, const std::string& command_line, size_t samples = 5);
/// Trains on the texts that `read` returns, which is called once the folder is known to take a model.
int run_training(TrainOptions options, const CorpusReader& read, const std::string& command_line, size_t samples = 5);

}  // namespace grus::seq2seq
