// The command line of `listen`.
#include "examples/listen/commands.h"
#include "examples/support/cli/command_line.h"

namespace {

using namespace grus::tasks::listen;
using grus::programs::add_card;
using grus::programs::add_command;
using grus::programs::add_pack;
using grus::programs::add_words;
using grus::programs::Command;

Command add_train(CLI::App& program) {
  return add_command<TrainOptions>(program, "train", "train a model on recordings of words", train);
}

Command add_eval(CLI::App& program) {
  return add_command<EvalOptions>(program, "eval", "words and letters that are right, on recordings", eval);
}

Command add_run(CLI::App& program) {
  auto options = std::make_shared<RunOptions>();
  const Command command =
      add_command<RunOptions>(program, "run", "WORD, probability and file of each recording", run, options);
  add_words(*command.app, "file", options->files, ".wav files");
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  return grus::programs::run_commands({"listen", "Spoken words from sound, by a recurrent network.", demo},
                                      {add_train, add_eval, add_run, add_pack, add_card}, argc, argv);
}
