#pragma once
// The program's commands. Each returns the exit code, or throws an Error of one line.
// Sources: options.cpp, train.cpp, use.cpp.
#include <string>
#include <vector>

#include "language/cache.h"
#include "tasks/write/writer.h"

namespace grus::tasks::write {

int train(TrainOptions& o, const std::string& command_line);
/// Trains on an excerpt of Shakespeare that is part of the program.
int demo();

struct EvalOptions : UseOptions {
  std::string text;
  int64_t keystrokes = 0;  // words
  language::CacheOptions cache{.size = 0};
  options::Table table();
  /// Throws UsageError for flags that are not read.
  void check(const options::Given& given);
};
int eval(EvalOptions& o, const std::string& command_line);

int run(RunOptions& o, const std::string& command_line);

struct ScoreOptions : UseOptions {
  bool together = false;
  std::vector<std::string> texts;  // none: lines of standard input
  options::Table table();
};
int score(ScoreOptions& o, const std::string& command_line);

struct CompleteOptions : UseOptions {
  int64_t count = 3;
  std::vector<std::string> texts;  // none: lines of standard input
  options::Table table();
};
int complete(CompleteOptions& o, const std::string& command_line);

}  // namespace grus::tasks::write
