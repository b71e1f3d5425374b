#pragma once
// What the command lines of these programs share. CLI11 is included in folders named cli alone.
#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "examples/seq2seq/options.h"

namespace grus::seq2seq {

/// A subcommand and what it does; `run` keeps its options alive. The exit code is what it returns.
struct Command {
  CLI::App* app;
  std::function<int(const std::string& command_line)> run;
};
using AddCommand = Command (*)(CLI::App& program);

/// All rows of option_table as flags, their values into `given` as text.
void add_training_flags(CLI::App& app, TrainOptions& defaults, Given& given);
/// --paper and --config.
void add_recipe_flags(CLI::App& app, Given& given);

struct ProgramName {
  std::string name, what;
};
/// Parses and runs. Errors are one line on standard error; 1: bad input, 2: bad usage.
int run_program(const ProgramName& name, const std::vector<AddCommand>& commands, int argc, char** argv);

}  // namespace grus::seq2seq
