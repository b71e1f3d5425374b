#pragma once
// The program's commands. Each returns the exit code, or throws an Error of one line.
// Sources: options.cpp, train.cpp, use.cpp, demo.cpp.
#include <string>
#include <vector>

#include "tasks/listen/listener.h"

namespace grus::tasks::listen {

int train(TrainOptions& o, const std::string& command_line);
/// Trains on words that are made by rule, and hears words that it has never met.
int demo();

struct EvalOptions {
  tasks::UseOptions use;
  std::string data, files, out;
  options::Table table();
};
int eval(EvalOptions& o, const std::string& command_line);

struct RunOptions {
  tasks::UseOptions use;
  int64_t top = 1;
  bool lexicon = false;
  std::string page;
  std::vector<std::string> files;
  options::Table table();
};
int run(RunOptions& o, const std::string& command_line);

}  // namespace grus::tasks::listen
