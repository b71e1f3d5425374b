#pragma once
// The program's commands. Each returns the exit code, or throws an Error of one line.
// Sources: options.cpp, text_model.cpp, train_text.cpp, text_pictures.cpp, detector.cpp, train_series.cpp,
// series_pictures.cpp, use.cpp, use_text.cpp, demo.cpp, faults.cpp.
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "examples/support/run_options.h"
#include "seq2seq/options.h"

namespace grus::encode {

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
  programs::TrainingOptions training;

  TrainOptions();
  options::Table table();
  /// Sets the defaults of series, and of a variational model.
  void choose(const options::Given& given);
  /// Throws UsageError for flags that do not go together, or are not read.
  void check(const options::Given& given);
  bool is_text() const { return series.empty(); }
};

int train(TrainOptions& o, const std::string& command_line);
int train_text(TrainOptions& o, const std::string& command_line);
int train_series(TrainOptions& o, const std::string& command_line);
/// Sentences that the program carries, then a machine's readings with planted faults.
int demo();

enum class Part { test, valid, all };
struct EvalOptions {
  programs::UseOptions use;
  std::string data, report;
  Part part = Part::test;
  options::Table table();
};
/// Measures how much comes back of lines; of a series, how well scores tell the rows that are labelled as faults.
int eval(EvalOptions& o, const std::string& command_line);

struct RunOptions {
  programs::UseOptions use;
  std::string data, out;
  bool decode = false;
  std::vector<std::string> lines;  // none: --data, or standard input
  options::Table table();
};
/// Gives the states of lines, or each row's anomaly score.
int run(RunOptions& o, const std::string& command_line);

struct NeighboursOptions {
  programs::UseOptions use;
  std::string data;
  int64_t top = 5;
  std::vector<std::string> lines;  // none: standard input
  options::Table table();
};
/// Gives the lines of a file that are nearest to each line.
int neighbours(NeighboursOptions& o, const std::string& command_line);

struct BetweenOptions {
  programs::UseOptions use;
  int64_t steps = 7;
  std::vector<std::string> lines;  // two
  options::Table table();
};
/// Walks from the state of one line to that of another, and says what stands on the way.
int between(BetweenOptions& o, const std::string& command_line);

int eval_text(const EvalOptions& o);
int run_text(const RunOptions& o);
/// Writes states (N, Z): an array .npy, or lines NAME<TAB>NUMBER<TAB>NUMBER... in a file .tsv, or on standard output
/// for
/// "-".
void write_states(const std::string& path, const std::vector<std::string>& names, const Tensor& states);

/// A machine's readings made by rule, as CSV: a column of dates, two of readings, one that says where faults were
/// planted.
std::string machine_with_faults(uint64_t seed);

}  // namespace grus::encode
