#pragma once
// A page compares several models on one test text. Plain data comes in and text goes out; a NaN is left out.
#include "examples/seq2seq/report.h"

namespace grus::seq2seq {

struct ComparedModel {
  std::string name;   // the name of its folder
  std::string model;  // one phrase
  int64_t parameters = 0, epochs = 0, seed = 0;
  double seconds = not_measured;  // seconds of training
  double bleu_greedy = not_measured, bleu_beam = not_measured;
  LengthBin short_sentences, long_sentences;  // with the beam, as in the bins
  std::vector<LengthBin> length_bins;
};

struct Comparison {
  std::string source_name;
  int64_t sentences = 0, beam = 5;
  std::string bleu_signature, command, cpu, version, date;
  std::vector<ComparedModel> models;
};

/// Returns the page in one file without network, in light, dark and print.
std::string render_comparison(const Comparison& comparison);

}  // namespace grus::seq2seq
