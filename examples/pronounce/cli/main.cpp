// The command line of `pronounce`.
#include "examples/pronounce/commands.h"
#include "examples/support/cli/command_line.h"

namespace {

using namespace grus::tasks::pronounce;
using grus::programs::add_card;
using grus::programs::add_command;
using grus::programs::add_pack;
using grus::programs::add_words;
using grus::programs::Command;

Command add_train(CLI::App& program) {
  return add_command<TrainOptions>(program, "train", "learn from a pronouncing dictionary", train);
}

Command add_eval(CLI::App& program) {
  return add_command<EvalOptions>(program, "eval", "phone and word error on words never seen", eval);
}

Command add_run(CLI::App& program) {
  auto options = std::make_shared<RunOptions>();
  const Command command = add_command<RunOptions>(program, "run", "pronounce words, one a line", run, options);
  add_words(*command.app, "word", options->words, "words to pronounce; none: lines of standard input");
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  return grus::programs::run_commands(
      {"pronounce", "Letters to phones: how a word that is in no dictionary is spoken.", demo},
      {add_train, add_eval, add_run, add_pack, add_card}, argc, argv);
}
