#pragma once
// One page for several models on the same test text. Plain data in, text out; what is NaN is left out.
#include "examples/seq2seq/report.h"

namespace grus::seq2seq {

struct ComparedModel {
  std::string name;   // of its folder
  std::string model;  // one phrase
  int64_t parameters = 0, epochs = 0, seed = 0;
  double seconds = not_measured;  // of training
  double bleu_greedy = not_measured, bleu_beam = not_measured;
  LengthBin short_sentences, long_sentences;  // with the beam, as are the bins
  std::vector<LengthBin> length_bins;
};

struct Comparison {
  std::string source_name;
  int64_t sentences = 0, beam = 5;
  std::string bleu_signature, command, cpu, version, date;
  std::vector<ComparedModel> models;
};

/// The page: one file without network, in light, dark and print.
std::string render_comparison(const Comparison& comparison);

}  // namespace grus::seq2seq
