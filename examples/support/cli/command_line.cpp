#include "examples/support/cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "core/base/error.h"
#include "data/fetch/find_model.h"
#include "examples/support/card.h"
#include "examples/support/pack.h"
#include "examples/support/program.h"
#include "tasks/base/machine.h"

namespace grus::programs {
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

std::string type_name(const options::Option& option) {
  if (std::holds_alternative<int64_t*>(option.value)) return "INT";
  if (std::holds_alternative<double*>(option.value)) return "FLOAT";
  return option.choices.empty() ? "TEXT" : "WORD";
}

bool is_switch(const options::Option& option) { return std::holds_alternative<bool*>(option.value); }

// Adds a flag of each row, and of its former name, which --help does not show. `take` gets the row and the text.
void add_flags(CLI::App& app, const options::Table& table,
               const std::function<void(const options::Option& row, const std::string& text)>& take) {
  const auto add = [&](const options::Option& row, std::string_view name, const std::string& help) {
    const std::string spelled = fmt::format("--{}", name);
    if (is_switch(row))
      return app.add_flag_function(
          spelled, [take, row](int64_t) { take(row, "true"); }, help);
    return app
        .add_option_function<std::string>(
            spelled, [take, row](const std::string& text) { take(row, text); }, help)
        ->type_name(type_name(row))
        ->default_str(text_of(row))
        ->take_last();
  };
  for (const options::Option& row : table) {
    std::string help(row.help);
    if (!row.choices.empty()) help += fmt::format(" ({})", fmt::join(row.choices, ", "));
    add(row, row.flag, help)->group(std::string(row.group));
    if (!row.alias.empty()) add(row, row.alias, help)->group("");
  }
}

int parse_and_run(const Program& program, const std::vector<AddCommand>& add, int argc, char** argv) {
  if (argc == 1 && program.alone) return program.alone();
  CLI::App app(program.what, program.name);
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  app.get_formatter()->column_width(44);
  std::vector<Command> commands;
  for (const AddCommand one : add) commands.push_back(one(app));
  commands.push_back(add_models(app));
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

// Flags are taken as text: the table alone has ranges, words and defaults.
void add_option_flags(CLI::App& app, const options::Table& table, options::Given& given,
                      std::function<void(std::string_view flag)> heard) {
  add_flags(app, table, [&given, heard](const options::Option& option, const std::string& text) {
    given.emplace_back(option.flag, text);
    if (heard) heard(option.flag);
  });
}

void add_rows(CLI::App& app, const options::Table& table) { add_flags(app, table, options::set); }

void show_defaults(CLI::App& app, const options::Table& table, std::string_view chosen_by) {
  for (const options::Option& option : table)
    if (!is_switch(option) && option.flag != chosen_by)
      app.get_option(fmt::format("--{}", option.flag))->default_str(text_of(option));
}

CLI::App* add_subcommand(CLI::App& program, const std::string& name, const std::string& what) {
  return program.add_subcommand(name, what);
}

std::string name_of(const CLI::App& program) { return program.get_name(); }

void add_words(CLI::App& app, const std::string& name, std::vector<std::string>& words, const std::string& what) {
  app.add_option(name, words, what);
}

void add_index_flag(CLI::App& app) {
  app.add_option_function<std::string>(
         "--index", [](const std::string& index) { data::set_model_index(index); },
         "file or address of an index of models, which can then be named (none: GRUS_MODEL_INDEX)")
      ->type_name("TEXT")
      ->group("Files")
      ->take_last();
}

void former_name(CLI::App& app, const std::string& name) { app.alias(name); }

void former_flag(CLI::App& app, const std::string& name, const std::string& flag) {
  CLI::Option* now = app.get_option(flag);
  app.add_option_function<std::string>(name,
                                       [now](const std::string& text) {
                                         now->clear();
                                         now->add_result(text);
                                         now->run_callback();
                                       })
      ->group("");
}

Command add_pack(CLI::App& program) {
  return add_command<PackOptions>(program, "pack", "put a model's folder into one file, which --model takes as well",
                                  pack);
}

Command add_card(CLI::App& program) {
  return add_command<CardOptions>(program, "card", "write a model card: what it is, data, figures, limits", card);
}

Command add_models(CLI::App& program) {
  Command command = add_command<ModelsOptions>(program, "models", "list the models that an index has", models);
  add_index_flag(*command.app);
  return command;
}

int run_commands(const Program& program, const std::vector<AddCommand>& commands, int argc, char** argv) {
  return run_program(program.name, [&] { return parse_and_run(program, commands, argc, argv); });
}

}  // namespace grus::programs
