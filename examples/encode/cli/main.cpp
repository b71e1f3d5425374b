// The command line of `encode`.
#include "examples/encode/commands.h"
#include "examples/support/cli/command_line.h"

namespace {

using namespace grus::tasks::encode;
using grus::programs::add_card;
using grus::programs::add_command;
using grus::programs::add_pack;
using grus::programs::add_words;
using grus::programs::Command;

Command add_train(CLI::App& program) {
  return add_command<TrainOptions>(program, "train", "train an autoencoder on lines of text, or on a table", train);
}

Command add_eval(CLI::App& program) {
  return add_command<EvalOptions>(program, "eval", "lines brought back; faults found", eval);
}

Command add_run(CLI::App& program) {
  auto options = std::make_shared<RunOptions>();
  const Command command = add_command<RunOptions>(
      program, "run", "the state of each line, or each row's anomaly score as CSV", run, options);
  add_words(*command.app, "line", options->lines, "lines instead of standard input");
  return command;
}

Command add_neighbours(CLI::App& program) {
  auto options = std::make_shared<NeighboursOptions>();
  const Command command =
      add_command<NeighboursOptions>(program, "neighbours", "the lines nearest to each line", neighbours, options);
  add_words(*command.app, "line", options->lines, "lines instead of standard input");
  return command;
}

Command add_between(CLI::App& program) {
  auto options = std::make_shared<BetweenOptions>();
  const Command command = add_command<BetweenOptions>(
      program, "between", "what stands between two lines, on the straight way from state to state", between, options);
  add_words(*command.app, "line", options->lines, "two lines");
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  return grus::programs::run_commands(
      {"encode", "Sequences to states and back: neighbours, interpolation, anomalies.", demo},
      {add_train, add_eval, add_run, add_neighbours, add_between, add_pack, add_card}, argc, argv);
}
