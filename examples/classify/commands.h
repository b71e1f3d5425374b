#pragma once
// The program's commands. Each returns the exit code, or throws an Error of one line.
// Sources: options.cpp, train.cpp, use.cpp, export.cpp, demo.cpp.
#include <string>

#include "tasks/classify/classifier.h"

namespace grus::tasks::classify {

int train(TrainOptions& o, const std::string& command_line);
/// Four sentences, then surnames of 18 languages, which the program carries.
int demo();

struct EvalOptions {
  tasks::UseOptions use;
  std::string data, out;
  data::LabelledTextOptions rows;
  options::Table table();
};
int eval(EvalOptions& o, const std::string& command_line);

int run(RunOptions& o, const std::string& command_line);

struct ExportOptions {
  tasks::UseOptions use;
  std::string out, examples;
  options::Table table();
};
/// Writes a model in ONNX, as tasks/classify/graph.h says. Throws UsageError without a file to write.
int export_onnx(ExportOptions& o, const std::string& command_line);

}  // namespace grus::tasks::classify
