#include "examples/seq2seq/cli/program.h"

#include <fmt/format.h>

#include <cstdio>
#include <new>

#include "core/error.h"
#include "examples/seq2seq/machine.h"

namespace grus::seq2seq {
namespace {

// The arguments as a shell takes them.
std::string joined(int argc, char** argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = !word.empty() && word.find_first_of(" \t\"'\\$*?;|&<>()") == std::string::npos;
    line += (i ? " " : "") + (plain ? word : "'" + word + "'");
  }
  return line;
}

std::string type_name(const Option& option) {
  if (std::holds_alternative<int64_t*>(option.value)) return "INT";
  if (std::holds_alternative<double*>(option.value)) return "FLOAT";
  return option.choices.empty() ? "TEXT" : "WORD";
}

int parse_and_run(const ProgramName& name, const std::vector<AddCommand>& add, int argc, char** argv) {
  CLI::App app(name.what, name.name);
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  std::vector<Command> commands;
  for (const AddCommand one : add) commands.push_back(one(app));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}: {}; --help lists what there is\n", name.name, error.what());
    return 2;
  }
  for (const Command& command : commands)
    if (*command.app) return command.run(joined(argc, argv));
  return 2;
}

}  // namespace

// Flags are taken as text: ranges, words and defaults are in the table of options.h alone.
void add_training_flags(CLI::App& app, TrainOptions& defaults, Given& given) {
  for (const Option& option : option_table(defaults)) {
    const std::string flag(option.flag), name = "--" + flag;
    std::string help(option.help);
    if (!option.choices.empty()) help += fmt::format(" ({})", fmt::join(option.choices, ", "));
    CLI::Option* added = nullptr;
    if (std::holds_alternative<bool*>(option.value)) {
      added = app.add_flag_function(
          name, [&given, flag](int64_t) { given.emplace_back(flag, "true"); }, help);
    } else {
      const auto set = [&given, flag](const std::string& text) { given.emplace_back(flag, text); };
      added = app.add_option_function<std::string>(name, set, help)
                  ->type_name(type_name(option))
                  ->default_str(text_of(option))
                  ->take_last();
    }
    added->group(std::string(option.group));
  }
}

void add_recipe_flags(CLI::App& app, Given& given) {
  app.add_flag_function(
      "--paper", [&given](int64_t) { given.emplace_back("paper", "true"); },
      "the paper's own model, sizes and training");
  app.add_option_function<std::string>(
      "--config", [&given](const std::string& file) { given.emplace_back("config", file); },
      "options from a JSON file, such as another model's config.json");
}

int run_program(const ProgramName& name, const std::vector<AddCommand>& commands, int argc, char** argv) {
  try {
    return parse_and_run(name, commands, argc, argv);
  } catch (const UsageError& error) {
    fmt::print(stderr, "{}: {}\n", name.name, error.what());
    return 2;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "{}: need more memory than there is\n", name.name);
    return 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name.name, error.what());
    return 1;
  }
}

}  // namespace grus::seq2seq
