#pragma once
// A training run ends with the test figure, samples and the report.
#include "seq2seq/corpora.h"
#include "seq2seq/trainer.h"

namespace grus::seq2seq {

struct TrainedRun {
  Architecture& model;  // has its best weights, in eval mode
  const Codecs& codecs;
  const Corpora& corpora;
  Progress progress;
  const std::string& command_line;
};

/// Translates the test text (the validation text where there is none) greedily and by beam search, prints both figures,
/// the share of exact translations and `samples` samples, and writes report.html.
void finish(const TrainOptions& options, const TrainedRun& run, size_t samples);

}  // namespace grus::seq2seq
