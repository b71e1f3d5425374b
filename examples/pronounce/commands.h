#pragma once
// The program's commands. Each returns the exit code, or throws an Error of one line.
// Sources: options.cpp, train.cpp, use.cpp, demo.cpp.
#include <string>
#include <vector>

#include "tasks/pronounce/speaker.h"

namespace grus::tasks::pronounce {

int train(TrainOptions& o, const std::string& command_line);
/// Learns to pronounce from some words of CMUdict that the program carries, and says words that no dictionary has.
int demo();

struct EvalOptions {
  tasks::UseOptions use;
  std::string dictionary, out;  // without a dictionary: the words that the training held out for its test
  int64_t beam = 5;
  options::Table table();
};
/// Prints phone and word error, and may write a page of pictures.
int eval(EvalOptions& o, const std::string& command_line);

struct RunOptions {
  tasks::UseOptions use;
  int64_t beam = 5, n_best = 0;  // 0: the best alone, without its place and probability
  std::string page;
  std::vector<std::string> words;  // none: lines of standard input
  options::Table table();
  void check(const options::Given& given);
};
/// Prints WORD<TAB>PHONES, as a dictionary has them.
int run(RunOptions& o, const std::string& command_line);

}  // namespace grus::tasks::pronounce
