#pragma once
// Flags of a translator's training.
#include "examples/seq2seq/resolve.h"
#include "examples/support/cli/flags.h"

namespace grus::seq2seq {

using programs::between;
using programs::Command;
using programs::most_seed;
using programs::run_commands;

/// Adds all rows of option_table as flags, whose values go into `given` as text. --help shows the defaults of the
/// architecture and recipe that were asked for.
void add_training_flags(CLI::App& app, TrainOptions& defaults, Given& given);
/// Adds --paper and --config.
void add_recipe_flags(CLI::App& app, const TrainOptions& defaults, Given& given);

}  // namespace grus::seq2seq
