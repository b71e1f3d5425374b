#pragma once
// The program's commands. Each returns the exit code, or throws an Error of one line.
// Sources: options.cpp, train_text.cpp, train_series.cpp, use.cpp, use_text.cpp, demo.cpp.
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "tasks/encode/detector.h"
#include "tasks/encode/text_model.h"

namespace grus::tasks::encode {

int train(TrainOptions& o, const std::string& command_line);
int train_text(TrainOptions& o, const std::string& command_line);
int train_series(TrainOptions& o, const std::string& command_line);
/// Sentences that the program carries, then a machine's readings with planted faults.
int demo();

struct EvalOptions {
  tasks::UseOptions use;
  std::string data, report;
  Part part = Part::test;
  options::Table table();
};
/// Measures how much comes back of lines; of a series, how well scores tell the rows that are labelled as faults.
int eval(EvalOptions& o, const std::string& command_line);

struct RunOptions {
  tasks::UseOptions use;
  std::string data, out;
  bool decode = false;
  std::vector<std::string> lines;  // none: --data, or standard input
  options::Table table();
  void check(const options::Given& given);
};
/// Gives the states of lines, or each row's anomaly score.
int run(RunOptions& o, const std::string& command_line);

struct NeighboursOptions {
  tasks::UseOptions use;
  std::string data;
  int64_t top = 5;
  std::vector<std::string> lines;  // none: standard input
  options::Table table();
};
/// Gives the lines of a file that are nearest to each line.
int neighbours(NeighboursOptions& o, const std::string& command_line);

struct BetweenOptions {
  tasks::UseOptions use;
  int64_t steps = 7;
  std::vector<std::string> lines;  // two
  options::Table table();
};
/// Walks from the state of one line to that of another, and says what stands on the way.
int between(BetweenOptions& o, const std::string& command_line);

int eval_text(const EvalOptions& o);
int run_text(const RunOptions& o);

}  // namespace grus::tasks::encode
