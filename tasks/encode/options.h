#pragma once
// Options of `encode` that its models keep: of lines, and of series.
#include <string>

#include "seq2seq/options.h"
#include "tasks/base/run_options.h"

namespace grus::tasks::encode {

/// What `train` reads; a model's folder keeps it.
struct TrainOptions {
  std::string text, valid, test;  // lines
  double hold = 0.05;
  std::string tokenizer = "word";
  int64_t vocab = 0, min_count = 1, max_length = 40;

  std::string series, date, columns, label, missing, split = "0.6,0.2,0.2";  // a table
  bool no_header = false;
  int64_t window = 32, every = 1;
  double alarm = 0.995;

  seq2seq::Unit unit = seq2seq::Unit::gru;
  int64_t embedding = 128, hidden = 192, latent = 192, layers = 1;
  bool bidirectional = true, variational = false;
  double dropout = 0.1, word_dropout = 0, kl = 1;
  int64_t anneal = 0;
  tasks::TrainingOptions training;

  TrainOptions();
  options::Table table();
  /// Sets the defaults of series, and of a variational model.
  void choose(const options::Given& given);
  /// Throws UsageError for flags that do not go together, or are not read.
  void check(const options::Given& given);
  bool is_text() const { return series.empty(); }
};

}  // namespace grus::tasks::encode
