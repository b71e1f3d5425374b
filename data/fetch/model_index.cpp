#include "data/fetch/model_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <numeric>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/printable.h"
#include "data/fetch/download.h"

namespace grus::data {
namespace {

constexpr int64_t format_version = 1, largest_model = 100'000'000'000;
constexpr size_t longest_model_name = 64, names_shown = 5;

bool is_sum(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Returns the folder of an index: "https://host/models" of "https://host/models/index.json?x=1".
std::string folder_of(const std::string& origin) {
  if (!is_address(origin)) return std::filesystem::path(origin).parent_path().string();
  const std::string path = origin.substr(0, origin.find_first_of("?#"));
  return path.substr(0, path.find_last_of('/'));
}

bool is_below(const std::string& file) {
  const std::filesystem::path path = file;
  return !file.empty() && path.is_relative() && file.find_first_of("\\?#") == std::string::npos &&
         std::ranges::none_of(path, [](const auto& part) { return part == ".." || part == "." || part.empty(); });
}

// An index from elsewhere must not reach for what lies on this machine.
std::string place_of(const std::string& file, const std::string& origin, const std::string& where) {
  if (is_address(file)) {
    const bool local = !is_web_address(origin) && file.starts_with("file:///");
    require<DataError>(local || is_web_address(file),
                       "{}: need a file beside the index or one of http or https, got '{}'", where, Shown{file});
    return file;
  }
  require<DataError>(is_below(file), "{}: need a file beside the index, or below its folder, got '{}'", where,
                     Shown{file});
  const std::string folder = folder_of(origin);
  return folder.empty() ? file : folder + "/" + file;
}

ModelEntry read_entry(const json::Json& object, const std::string& origin) {
  const json::Members members(object, origin);
  ModelEntry model;
  model.name = members.text("name");
  require<DataError>(is_model_name(model.name),
                     "{}: need names of letters, digits, dots, hyphens and underlines, got '{}'", origin,
                     Shown{model.name});
  const std::string where = fmt::format("{}: {}", origin, model.name);
  const json::Members of(object, where);
  of.require_only({"about", "bytes", "card", "file", "name", "sha256"});
  model.file = place_of(of.text("file"), origin, where);
  if (of.has("card")) model.card = place_of(of.text("card"), origin, where);
  if (of.has("about")) model.about = printable(of.text("about"), 200);
  model.sha256 = of.text("sha256");
  require<DataError>(is_sum(model.sha256), "{}: need a sha256 of 64 hexadecimal digits, got '{}'", where,
                     Shown{model.sha256});
  model.bytes = static_cast<uint64_t>(of.whole("bytes", 1, largest_model));
  return model;
}

// Returns how many letters must be put in, taken out or changed (Levenshtein 1966).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

bool is_model_name(std::string_view text) {
  const auto fits = [](unsigned char c) { return c < 0x80 && (std::isalnum(c) || c == '.' || c == '-' || c == '_'); };
  return !text.empty() && text.size() <= longest_model_name && std::ranges::all_of(text, fits) &&
         std::isalnum(static_cast<unsigned char>(text.front()));
}

std::vector<ModelEntry> read_model_index(std::string_view text, const std::string& origin) {
  const json::Json index = json::parse(text, origin);
  const json::Members members(index, origin);
  require<DataError>(members.text("format") == "grus models", "{}: need an index of models, got one of '{}'", origin,
                     Shown{members.text("format")});
  members.whole("version", format_version, format_version);
  std::vector<ModelEntry> models;
  for (const json::Json& object : members.array("models")) {
    ModelEntry model = read_entry(object, origin);
    require<DataError>(std::ranges::find(models, model.name, &ModelEntry::name) == models.end(),
                       "{}: need each name once, got '{}' twice", origin, model.name);
    models.push_back(std::move(model));
  }
  return models;
}

const ModelEntry& entry_of(const std::vector<ModelEntry>& models, const std::string& name, const std::string& origin) {
  const auto at = std::ranges::find(models, name, &ModelEntry::name);
  if (at != models.end()) return *at;
  std::vector<std::string> near;
  for (const ModelEntry& model : models) near.push_back(model.name);
  std::ranges::stable_sort(near, {}, [&](const std::string& other) { return distance(name, other); });
  const std::string more = near.size() > names_shown ? fmt::format(" and {} more", near.size() - names_shown) : "";
  near.resize(std::min(near.size(), names_shown));
  fail<DataError>("{}: need a path, or a name of {}, which has {}{}, got neither", name, origin,
                  near.empty() ? "none" : fmt::format("{}", fmt::join(near, ", ")), more);
}

}  // namespace grus::data
