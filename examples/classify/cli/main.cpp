// The command line of `classify`.
#include "examples/classify/commands.h"
#include "examples/support/cli/command_line.h"

namespace {

using namespace grus::tasks::classify;
using grus::programs::add_card;
using grus::programs::add_command;
using grus::programs::add_pack;
using grus::programs::add_words;
using grus::programs::Command;

Command add_train(CLI::App& program) {
  return add_command<TrainOptions>(program, "train", "train a model on labelled texts", train);
}

Command add_eval(CLI::App& program) {
  return add_command<EvalOptions>(program, "eval", "accuracy, F1 and confusions on labelled texts", eval);
}

Command add_run(CLI::App& program) {
  auto options = std::make_shared<RunOptions>();
  const Command command = add_command<RunOptions>(
      program, "run", "CLASS, probability and text of each line of standard input", run, options);
  add_words(*command.app, "text", options->texts, "texts instead of standard input");
  return command;
}

Command add_export(CLI::App& program) {
  return add_command<ExportOptions>(program, "export", "write the model in ONNX", export_onnx);
}

}  // namespace

int main(int argc, char** argv) {
  return grus::programs::run_commands({"classify", "Text to class, by a recurrent network.", demo},
                                      {add_train, add_eval, add_run, add_export, add_pack, add_card}, argc, argv);
}
