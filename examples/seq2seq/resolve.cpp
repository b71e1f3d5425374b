// From flags, files and saved models to one set of options.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "data/text.h"
#include "examples/seq2seq/model_folder.h"

namespace grus::seq2seq {
namespace {

const std::string* find(const Given& given, std::string_view flag) {
  const auto at = std::find_if(given.begin(), given.end(), [&](const auto& pair) { return pair.first == flag; });
  return at == given.end() ? nullptr : &at->second;
}

void apply_config(TrainOptions& options, const std::string& file) {
  nlohmann::json json;
  try {
    json = nlohmann::json::parse(data::read_whole_file(file));
  } catch (const nlohmann::json::parse_error& error) {
    fail<DataError>("{}: need JSON, got an error at byte {}", file, error.byte);
  }
  apply_json(options, json.is_object() && json.contains("options") ? json["options"] : json, file);
}

// A saved model's sizes and vocabulary cannot change any more.
void require_same_model(TrainOptions& options, TrainOptions& saved, const std::string& folder) {
  const std::vector<Option> now = option_table(options), then = option_table(saved);
  for (size_t i = 0; i < now.size(); ++i)
    require<UsageError>(!now[i].of_model || text_of(now[i]) == text_of(then[i]), "--{}: need {} as in {}, got {}",
                        now[i].flag, text_of(then[i]), folder, text_of(now[i]));
}

}  // namespace

TrainOptions resolve_options(const Given& given, const TrainOptions& defaults) {
  TrainOptions options = defaults;
  if (find(given, "paper")) use_paper_recipe(options);
  if (const std::string* file = find(given, "config")) apply_config(options, *file);
  const std::string* out = find(given, "out");
  const std::string* from = find(given, "init-from");
  const std::string* resumed = find(given, "resume") && out ? out : nullptr;
  TrainOptions saved;
  if (resumed || from) saved = ModelFolder(resumed ? *resumed : *from).load_options();
  if (resumed) options = saved;
  if (from)
    for (const Option& option : option_table(saved))
      if (option.of_model) set_option(options, option.flag, text_of(option));
  for (const auto& [flag, text] : given)
    if (flag != "paper" && flag != "config") set_option(options, flag, text);
  if (resumed || from) require_same_model(options, saved, resumed ? *resumed : *from);
  if (!resumed) options.resume = false;
  check_options(options);
  return options;
}

}  // namespace grus::seq2seq
