// The command line of `write`.
#include "examples/support/cli/command_line.h"
#include "examples/write/commands.h"

namespace {

using namespace grus::tasks::write;
using grus::programs::add_card;
using grus::programs::add_command;
using grus::programs::add_pack;
using grus::programs::add_words;
using grus::programs::Command;

Command add_train(CLI::App& program) {
  return add_command<TrainOptions>(program, "train", "train a language model on a text", train);
}

Command add_eval(CLI::App& program) {
  return add_command<EvalOptions>(program, "eval", "perplexity of a text as one stream, and keys saved on it", eval);
}

Command add_run(CLI::App& program) { return add_command<RunOptions>(program, "run", "write text", run); }

template <class O>
Command with_texts(CLI::App& program, const char* name, const char* what, int (*act)(O&, const std::string&)) {
  auto options = std::make_shared<O>();
  const Command command = add_command<O>(program, name, what, act, options);
  add_words(*command.app, "text", options->texts, "lines; none: those of standard input");
  return command;
}

Command add_score(CLI::App& program) {
  return with_texts<ScoreOptions>(program, "score", "log-probability, perplexity and bits a character of lines", score);
}

Command add_complete(CLI::App& program) {
  return with_texts<CompleteOptions>(program, "complete", "the likeliest next words of lines that are typed", complete);
}

}  // namespace

int main(int argc, char** argv) {
  return grus::programs::run_commands(
      {"write", "Language models: train on a text, sample, score lines, suggest the next word.", demo},
      {add_train, add_eval, add_run, add_score, add_complete, add_pack, add_card}, argc, argv);
}
