#pragma once
// The program's commands. Each returns the exit code, or throws an Error of one line.
// Sources: options.cpp, train.cpp, use.cpp.
#include <memory>
#include <string>
#include <vector>

#include "examples/add/task.h"
#include "seq2seq/architecture.h"
#include "tasks/base/run_options.h"

namespace grus::add {

/// What stands between question and answer: the encoder's last state alone; that, seen at every step; attention.
enum class Arch { simple, peeky, attention };

struct TrainOptions {
  Task task = Task::add;
  int64_t digits = 3, pairs = 100000, held = 1000;
  Arch arch = Arch::attention;
  seq2seq::Unit unit = seq2seq::Unit::gru;
  int64_t embedding = 32, hidden = 64, layers = 1;
  double teacher_forcing = 1;
  tasks::TrainingOptions training;

  TrainOptions();
  options::Table table();
};
std::unique_ptr<seq2seq::Architecture> make_model(const TrainOptions& o);
/// Returns the answers that the model gives, the likeliest digit each time.
std::vector<std::string> answers(const seq2seq::Architecture& model, const std::vector<std::string>& questions);

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

}  // namespace grus::add
