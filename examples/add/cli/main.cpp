// The command line of `add`.
#include "examples/add/commands.h"
#include "examples/support/cli/command_line.h"

namespace {

using namespace grus::tasks::add;
using grus::programs::add_card;
using grus::programs::add_command;
using grus::programs::add_pack;
using grus::programs::add_words;
using grus::programs::Command;

Command add_train(CLI::App& program) {
  return add_command<TrainOptions>(program, "train", "train a model on questions made by rule", train);
}

Command add_eval(CLI::App& program) {
  return add_command<EvalOptions>(program, "eval", "the share of right answers to questions never seen", eval);
}

Command add_run(CLI::App& program) {
  auto options = std::make_shared<RunOptions>();
  const Command command = add_command<RunOptions>(program, "run", "answer questions, one a line", run, options);
  add_words(*command.app, "question", options->questions, "12+7, ...; none: lines of standard input");
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  return grus::programs::run_commands(
      {"add", "The smallest sequence to sequence: sums, copies, reversals, sorting.", demo},
      {add_train, add_eval, add_run, add_pack, add_card}, argc, argv);
}
