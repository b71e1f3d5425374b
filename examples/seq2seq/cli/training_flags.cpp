#include "examples/seq2seq/cli/training_flags.h"

#include "core/base/error.h"
#include "seq2seq/option_table.h"

namespace grus::seq2seq {
namespace {

// Shows in --help the defaults of the recipe chosen so far; errors in it are reported when it is used.
void show_recipe(CLI::App& app, const TrainOptions& defaults, const Given& given) {
  try {
    TrainOptions recipe = recipe_options(given, defaults);
    programs::show_defaults(app, option_table(recipe), "arch");
  } catch (const Error&) {
  }
}

}  // namespace

void add_training_flags(CLI::App& app, TrainOptions& defaults, Given& given) {
  TrainOptions shown = recipe_options({}, defaults);
  programs::add_option_flags(app, option_table(shown), given, [&app, &given, defaults](std::string_view flag) {
    if (flag == "arch" || flag == "protocol") show_recipe(app, defaults, given);
  });
  programs::add_index_flag(app);
}

void add_recipe_flags(CLI::App& app, const TrainOptions& defaults, Given& given) {
  app.add_flag_function(
      "--paper",
      [&app, &given, defaults](int64_t) {
        given.emplace_back("paper", "true");
        show_recipe(app, defaults, given);
      },
      "the paper's own model, sizes and training");
  app.add_option_function<std::string>(
      "--config",
      [&app, &given, defaults](const std::string& file) {
        given.emplace_back("config", file);
        show_recipe(app, defaults, given);
      },
      "options from a JSON file, such as another model's config.json");
}

}  // namespace grus::seq2seq
