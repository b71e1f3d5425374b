#include "deploy/open_model.h"

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/pack.h"
#include "core/base/printable.h"
#include "core/base/replaced_model.h"
#include "data/read/text.h"
#include "deploy/runners.h"
#include "options/options_json.h"

namespace grus::deploy {
namespace {

struct Kind {
  std::string_view task;
  std::unique_ptr<Runner> (*open)(const std::string& model, const options::Given& flags);
};

template <class Made>
std::unique_ptr<Runner> open_as(const std::string& model, const options::Given& flags) {
  return std::make_unique<Made>(model, flags);
}

constexpr Kind kinds[] = {{"translate", open_as<Translating>},
                          {"classify", open_as<Classifying>},
                          {"forecast", open_as<Forecasting>},
                          {"write", open_as<Writing>}};

// Throws DataError for what is no model, and for one of another program.
const Kind& kind_of(const std::filesystem::path& model) {
  constexpr std::string_view prefix = "grus ";
  require<DataError>(is_folder_or_pack(model), "{}: need a packed model, or its folder, got {}", model.string(),
                     file_exists(model) ? "another file" : "nothing");
  const std::string file = (model / "config.json").string();
  const json::Json config = json::parse(data::read_whole_file(file, options::most_config_bytes), file);
  const std::string format = json::Members(config, file).text("format");
  for (const Kind& kind : kinds)
    if (format.starts_with(prefix) && format.substr(prefix.size()) == kind.task) return kind;
  fail<DataError>("{}: need a model of translate, classify, forecast or write, got '{}'", file, Shown{format});
}

}  // namespace

std::unique_ptr<Runner> open_model(const std::filesystem::path& model, const options::Given& flags) {
  const std::filesystem::path standing = standing_model(model);
  return kind_of(standing).open(standing.string(), flags);
}

}  // namespace grus::deploy
