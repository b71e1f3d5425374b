#include "examples/seq2seq/cli/program.h"

#include <fmt/format.h>

#include <sstream>

#include "core/base/error.h"
#include "examples/seq2seq/machine.h"
#include "examples/support/program.h"
#include "seq2seq/option_table.h"

namespace grus::seq2seq {
namespace {

// Joins the arguments to a line that a shell takes.
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

// Shows in --help the defaults of the recipe chosen so far; errors in it are reported when it is used.
void show_defaults(CLI::App& app, const TrainOptions& defaults, const Given& given) {
  try {
    TrainOptions recipe = recipe_options(given, defaults);
    for (const Option& option : option_table(recipe))
      if (!std::holds_alternative<bool*>(option.value) && option.flag != "arch")
        app.get_option("--" + std::string(option.flag))->default_str(text_of(option));
  } catch (const Error&) {
  }
}

int parse_and_run(const ProgramName& name, const std::vector<AddCommand>& add, int argc, char** argv) {
  CLI::App app(name.what, name.name);
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  app.get_formatter()->column_width(44);
  std::vector<Command> commands;
  for (const AddCommand one : add) commands.push_back(one(app));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    std::ostringstream text;
    const int code = app.exit(success, text, text);
    fmt::print("{}", text.str());
    return code;
  } catch (const CLI::ParseError& error) {
    fail<UsageError>("{}; --help lists what there is", error.what());
  }
  for (const Command& command : commands)
    if (*command.app) return command.run(joined(argc, argv));
  return 2;
}

}  // namespace

// Flags are taken as text: the table of options.h alone has ranges, words and defaults.
void add_training_flags(CLI::App& app, TrainOptions& defaults, Given& given) {
  TrainOptions shown = recipe_options({}, defaults);
  for (const Option& option : option_table(shown)) {
    const std::string flag(option.flag), name = "--" + flag;
    std::string help(option.help);
    if (!option.choices.empty()) help += fmt::format(" ({})", fmt::join(option.choices, ", "));
    CLI::Option* added = nullptr;
    if (std::holds_alternative<bool*>(option.value)) {
      added = app.add_flag_function(
          name, [&given, flag](int64_t) { given.emplace_back(flag, "true"); }, help);
    } else {
      const auto set = [&app, &given, defaults, flag](const std::string& text) {
        given.emplace_back(flag, text);
        if (flag == "arch") show_defaults(app, defaults, given);
      };
      added = app.add_option_function<std::string>(name, set, help)
                  ->type_name(type_name(option))
                  ->default_str(text_of(option))
                  ->take_last();
    }
    added->group(std::string(option.group));
  }
}

void add_recipe_flags(CLI::App& app, const TrainOptions& defaults, Given& given) {
  app.add_flag_function(
      "--paper",
      [&app, &given, defaults](int64_t) {
        given.emplace_back("paper", "true");
        show_defaults(app, defaults, given);
      },
      "the paper's own model, sizes and training");
  app.add_option_function<std::string>(
      "--config",
      [&app, &given, defaults](const std::string& file) {
        given.emplace_back("config", file);
        show_defaults(app, defaults, given);
      },
      "options from a JSON file, such as another model's config.json");
}

int run_commands(const ProgramName& name, const std::vector<AddCommand>& commands, int argc, char** argv) {
  return run_program(name.name, [&] { return parse_and_run(name, commands, argc, argv); });
}

}  // namespace grus::seq2seq
