#pragma once
// The program's commands. Each returns the exit code, or throws an Error of one line.
// Sources: train.cpp, use.cpp.
#include <string>
#include <vector>

#include "tasks/add/adder.h"

namespace grus::tasks::add {

int train(TrainOptions& o, const std::string& command_line);
/// Trains on sums of at most two digits, and shows how the answers come.
int demo();

struct EvalOptions {
  tasks::UseOptions use;
  int64_t digits = 0, count = 1000, seed = 1;  // digits 0: those of the training
  options::Table table();
};
/// Counts right answers to the test's questions, or to others of another number of digits.
int eval(EvalOptions& o, const std::string& command_line);

struct RunOptions {
  tasks::UseOptions use;
  std::vector<std::string> questions;  // none: lines of standard input
  options::Table table() { return tasks::use_rows(use); }
};
int run(RunOptions& o, const std::string& command_line);

}  // namespace grus::tasks::add
