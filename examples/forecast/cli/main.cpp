// The command line of `forecast`.
#include "examples/forecast/commands.h"
#include "examples/support/cli/command_line.h"

namespace {

using namespace grus::tasks::forecast;
using grus::programs::add_card;
using grus::programs::add_command;
using grus::programs::add_pack;
using grus::programs::Command;

Command add_train(CLI::App& program) {
  return add_command<TrainOptions>(program, "train", "train a model on a table, beside its baselines", train);
}

Command add_eval(CLI::App& program) {
  return add_command<EvalOptions>(program, "eval", "errors on the test part, from every row on", eval);
}

Command add_run(CLI::App& program) {
  return add_command<RunOptions>(program, "run", "the rows behind the last one of a table, with intervals, as CSV",
                                 run);
}

}  // namespace

int main(int argc, char** argv) {
  return grus::programs::run_commands(
      {"forecast", "The next rows of a table of numbers, with intervals, beside naive and linear forecasts.", demo},
      {add_train, add_eval, add_run, add_pack, add_card}, argc, argv);
}
