#pragma once
// report.html of a training run, and pictures of alignments. Plain data comes in and text goes out; a NaN or an empty
// field is left out.
// Sources: report.cpp, report_parts.h, report_sections.cpp.
#include <cstdint>
#include <string>
#include <vector>

#include "report/page.h"
#include "seq2seq/alignment.h"
#include "seq2seq/metrics.h"

namespace grus::seq2seq {

/// BLEU of the test sentences whose source has `shortest` to `longest` words; a `longest` of 0 is no limit.
struct LengthBin {
  int64_t shortest = 0, longest = 0, sentences = 0;
  double bleu = not_measured;
};

struct SampleTranslation {
  std::string source, reference, translation;  // the reference may be empty
};

struct Report {
  std::string model;                     // one phrase: "Bahdanau et al. 2014, conditional GRU, 256/512"
  std::string source_name, target_name;  // languages or files; without a target one name for the pair
  std::vector<EpochMetrics> epochs;
  std::string judged = "epoch";  // what ends with a validation; "validation" where these come every so many steps
  int64_t best_epoch = 0;        // the epoch whose weights were kept; 0: the best by BLEU, else by perplexity
  double test_bleu_beam = not_measured, test_bleu_greedy = not_measured;
  int64_t beam = 5;
  std::string bleu_signature;
  double seconds = not_measured;                   // of the whole training; without it the sum of the epochs'
  double target_tokens_per_second = not_measured;  // without it the median of the epochs'
  int64_t parameters = 0;                          // 0: the sum of `summary`
  int64_t train_pairs = 0, valid_pairs = 0, test_pairs = 0;
  std::vector<LengthBin> length_bins;
  std::vector<Alignment> alignments;
  std::vector<SampleTranslation> samples;
  std::vector<report::ParameterRow> summary;
  report::Facts options;
  std::string command, cpu, version, date;
  uint64_t seed = 0;
  int threads = 0;  // 0: not known
};

/// Returns the page in one file without network, in light, dark and print. Throws UsageError when the sizes of an
/// alignment disagree.
std::string render_report(const Report& report);

/// Returns the picture as a file of its own, on white.
std::string render_alignment_svg(const Alignment& alignment);

}  // namespace grus::seq2seq
