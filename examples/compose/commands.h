#pragma once
// The program's commands. Each returns the exit code, or throws an Error of one line.
// Sources: options.cpp, train.cpp, use.cpp, demo.cpp.
#include <string>
#include <vector>

#include "tasks/compose/composer.h"

namespace grus::tasks::compose {

int train(TrainOptions& o, const std::string& command_line);
/// Trains on small chorales that are made by rule, and goes on with one.
int demo();

struct EvalOptions {
  tasks::UseOptions use;
  std::string data, out, part = "all";
  options::Table table();
};
int eval(EvalOptions& o, const std::string& command_line);

/// How a piece becomes a file.
struct FileOptions {
  std::string out = "composed.mid", page;
  double tempo = 80;
  bool struck = false;
};

struct RunOptions {
  tasks::UseOptions use;
  FileOptions file;
  std::string opening;
  int64_t piece = 1, opening_steps = 8, steps = 64, seed = 1;
  double temperature = 0.8;
  options::Table table();
  void check(const options::Given& given);
};
int run(RunOptions& o, const std::string& command_line);
struct PlayOptions {
  std::string out = "tune.mid", page, tunes = "-";
  int64_t tune = 1;
  options::Table table();
};
/// Writes a tune in ABC as a MIDI file.
int play(PlayOptions& o, const std::string& command_line);

}  // namespace grus::tasks::compose
