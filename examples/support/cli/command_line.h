#pragma once
// Command lines of all programs. A program of options in tables never sees CLI11, which takes long to compile:
//   int main(int argc, char** argv) {
//     return programs::run_commands({"add", "Sums of numbers ...", demo}, {add_train, add_eval, add_run}, argc, argv);
//   }
//   Command add_train(CLI::App& program) {
//     return programs::add_command<TrainOptions>(program, "train", "train a model", train);
//   }
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "examples/support/devices.h"
#include "examples/support/model_names.h"
#include "options/option.h"
#include "tasks/base/model_files.h"
#include "tasks/base/run_options.h"

namespace CLI {
class App;
}

namespace grus::programs {

/// A subcommand and its action; `run` keeps the options alive and returns the exit code.
struct Command {
  CLI::App* app;
  std::function<int(const std::string& command_line)> run;
};
using AddCommand = Command (*)(CLI::App& program);

/// Adds all rows of the table as flags, whose values go into `given` as text; `heard` is told each flag as it comes.
/// Former names are understood and not shown.
void add_option_flags(CLI::App& app, const options::Table& table, options::Given& given,
                      std::function<void(std::string_view flag)> heard = {});
/// Adds all rows as flags that set their values, for a command that has flags of CLI11's own beside them.
void add_rows(CLI::App& app, const options::Table& table);
/// Shows the table's values in --help as the defaults, but for that of `chosen_by`.
void show_defaults(CLI::App& app, const options::Table& table, std::string_view chosen_by = "");

/// Adds a subcommand without flags.
CLI::App* add_subcommand(CLI::App& program, const std::string& name, const std::string& what);
std::string name_of(const CLI::App& program);
/// Adds what a command takes as words that are no flags.
void add_words(CLI::App& app, const std::string& name, std::vector<std::string>& words, const std::string& what);

/// Adds --index, the models that a command knows by name.
void add_index_flag(CLI::App& app);

/// Runs a training on the devices of --devices, each of which has the options for its own.
template <class O>
int on_devices(const O& o, int (*act)(O&, const std::string& line), const std::string& line) {
  const tasks::TrainingOptions& of = o.training;
  return on_devices(of.devices, of.machine.device, [&](const std::string& device, bool differ) {
    O own = o;
    own.training.machine.device = device;
    own.training.shard_optimizer = differ || of.shard_optimizer;
    return act(own, line);
  });
}

/// Adds a command whose options `O` are a struct with `options::Table table()`; it may have
/// `void choose(const options::Given&)`, which sets the defaults that other flags bring, before the flags are read, and
/// `void check(const options::Given&)`, which throws UsageError for what does not go together, behind that. A row
/// "model" takes names of --index as well (find_models). `act(options, command line)` returns the exit code.
template <class O>
Command add_command(CLI::App& program, const char* name, const char* what, int (*act)(O&, const std::string& line),
                    std::shared_ptr<O> o = std::make_shared<O>()) {
  CLI::App* app = add_subcommand(program, name, what);
  auto given = std::make_shared<options::Given>();
  const auto choose = [given](O& of) {
    if constexpr (requires { of.choose(*given); }) of.choose(*given);
  };
  const auto heard = [app, o, choose](std::string_view) {
    O shown = *o;
    choose(shown);
    show_defaults(*app, shown.table());
  };
  add_option_flags(*app, o->table(), *given, heard);
  if (reads_model(o->table())) add_index_flag(*app);
  return {app, [o, given, choose, act, name = name_of(program)](const std::string& line) {
            choose(*o);
            tasks::resolve(name, o->table(), *given);
            if constexpr (requires { o->training.optimizer; }) require_read(*given, o->training);
            if constexpr (requires { o->check(*given); }) o->check(*given);
            find_models(o->table());
            if constexpr (requires { o->training.devices; }) {
              if (!o->training.devices.empty()) return on_devices(*o, act, line);
            }
            return act(*o, line);
          }};
}

// Commands that all programs have.
Command add_pack(CLI::App& program);
Command add_card(CLI::App& program);
Command add_models(CLI::App& program);  // run_commands adds it

/// Lets a command, or a flag of one value, be called by the name that it had before, which --help does not show.
void former_name(CLI::App& app, const std::string& name);
void former_flag(CLI::App& app, const std::string& name, const std::string& flag);

struct Program {
  std::string name, what;
  int (*alone)() = nullptr;  // what it does without any argument; null: it asks for a command
};
/// Parses the arguments and runs the command; errors and exit codes are those of run_program in examples/support.
int run_commands(const Program& program, const std::vector<AddCommand>& commands, int argc, char** argv);

}  // namespace grus::programs
