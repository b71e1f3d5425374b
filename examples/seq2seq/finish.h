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

/// The best translations of the test text, or of the validation text where there is none.
struct SaidTest {
  std::vector<std::string> greedy, beam;
};
/// Translates it, shared out among ranks, which all call this.
SaidTest say_test(const TrainOptions& options, const Architecture& model, const Codecs& codecs, const Corpora& corpora);

/// Prints the figures of both translations, the share of exact ones and `samples` samples, and writes report.html.
void finish(const TrainOptions& options, const TrainedRun& run, const SaidTest& said, size_t samples);

}  // namespace grus::seq2seq
