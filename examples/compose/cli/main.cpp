// The command line of `compose`.
#include "examples/compose/commands.h"
#include "examples/support/cli/command_line.h"

namespace {

using namespace grus::tasks::compose;
using grus::programs::add_card;
using grus::programs::add_command;
using grus::programs::add_pack;
using grus::programs::Command;

Command add_train(CLI::App& program) {
  return add_command<TrainOptions>(program, "train", "train a model on pieces of chords", train);
}

Command add_eval(CLI::App& program) { return add_command<EvalOptions>(program, "eval", "nats a step of pieces", eval); }

Command add_run(CLI::App& program) { return add_command<RunOptions>(program, "run", "compose, as a MIDI file", run); }

Command add_play(CLI::App& program) {
  return add_command<PlayOptions>(program, "play",
                                  "turn a tune in ABC notation, as `write` may write it, into a MIDI file", play);
}

}  // namespace

int main(int argc, char** argv) {
  return grus::programs::run_commands({"compose", "Chords that follow one another, by a recurrent network.", demo},
                                      {add_train, add_eval, add_run, add_play, add_pack, add_card}, argc, argv);
}
