#include "examples/support/model_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "data/fetch/find_model.h"

namespace grus::programs {
namespace {

bool is_model(const options::Option& row) {
  return row.flag == "model" && std::holds_alternative<std::string*>(row.value);
}

std::string paths_of(const std::string& text) {
  std::error_code ignored;
  if (std::filesystem::exists(text, ignored) || text.find(',') == std::string::npos)
    return text.empty() ? text : data::find_model(text).string();
  std::string paths;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string one = text.substr(begin, end - begin);
    paths += (begin == 0 ? "" : ",") + (one.empty() ? one : data::find_model(one).string());
    begin = end + 1;
  }
  return paths;
}

}  // namespace

bool reads_model(const options::Table& table) { return std::ranges::any_of(table, is_model); }

void find_models(const options::Table& table) {
  for (const options::Option& row : table)
    if (is_model(row)) {
      std::string& text = *std::get<std::string*>(row.value);
      text = paths_of(text);
    }
}

int models(ModelsOptions&, const std::string&) {
  for (const data::ModelEntry& model : data::list_models())
    fmt::print("{}\t{:.1f} MB\t{}{}{}\n", model.name, static_cast<double>(model.bytes) / 1e6, model.about,
               model.card.empty() ? "" : "\t", model.card);
  return 0;
}

}  // namespace grus::programs
