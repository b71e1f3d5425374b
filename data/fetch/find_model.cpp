#include "data/fetch/find_model.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <optional>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/folder.h"
#include "core/base/folder_lock.h"
#include "core/base/replaced_model.h"
#include "core/base/sha256.h"
#include "data/fetch/download.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t most_index_bytes = 1 << 20, digits_shown = 16;
constexpr std::chrono::hours index_lasts{24};

std::string& chosen_index() {
  static std::string index;
  return index;
}

std::string text_of_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

std::string index_in_use() { return chosen_index().empty() ? text_of_environment("GRUS_MODEL_INDEX") : chosen_index(); }

// The specification of XDG's base directories ignores a folder that is not absolute.
fs::path cache_folder() {
  const fs::path cache = text_of_environment("XDG_CACHE_HOME"), home = text_of_environment("HOME");
  if (cache.is_absolute()) return cache / "grus" / "models";
  require<Error>(home.is_absolute(), "[find_model] need XDG_CACHE_HOME or HOME to keep models in, got neither");
  return home / ".cache" / "grus" / "models";
}

std::string fetch_index(const std::string& origin) {
  std::string text;
  download(origin, [&](std::string_view bytes) {
    require<DataError>(text.size() + bytes.size() <= most_index_bytes,
                       "{}: need an index of at most {} bytes, got more", origin, most_index_bytes);
    text += bytes;
  });
  return text;
}

fs::path copy_of(const std::string& origin) {
  return cache_folder() / fmt::format("index-{}.json", sha256_text(origin).substr(0, digits_shown));
}

// Returns the copy of an index that was fetched before; one that is damaged is none.
std::optional<std::vector<ModelEntry>> kept_index(const std::string& origin) {
  const fs::path copy = copy_of(origin);
  std::error_code ignored;
  if (!fs::exists(copy, ignored)) return std::nullopt;
  try {
    return read_model_index(read_whole_file(copy.string(), most_index_bytes), origin);
  } catch (const DataError&) {
    return std::nullopt;
  }
}

bool is_recent(const fs::path& copy) {
  std::error_code error;
  const auto written = fs::last_write_time(copy, error);
  return !error && fs::file_time_type::clock::now() - written < index_lasts;
}

std::vector<ModelEntry> fresh_index(const std::string& origin) {
  if (!is_web_address(origin)) return read_model_index(fetch_index(origin), origin);
  std::string text;
  try {
    text = fetch_index(origin);
  } catch (const Error&) {  // offline the copy serves on, however old it is
    if (auto kept = kept_index(origin)) return std::move(*kept);
    throw;
  }
  std::vector<ModelEntry> models = read_model_index(text, origin);
  make_folder(cache_folder());
  write_file_atomically(copy_of(origin), text);
  return models;
}

fs::path place_of(const ModelEntry& model) {
  return cache_folder() / fmt::format("{}-{}.grus", model.name, model.sha256.substr(0, digits_shown));
}

bool is_kept(const ModelEntry& model) {
  std::error_code error;
  return fs::file_size(place_of(model), error) == model.bytes && !error;
}

// Bytes are counted and summed while they come, so that nothing else ever has the model's name.
void fetch(const ModelEntry& model) {
  AtomicFile file(place_of(model));
  Sha256 sum;
  uint64_t count = 0;
  download(model.file, [&](std::string_view bytes) {
    count += bytes.size();
    require<DataError>(count <= model.bytes, "{}: need the {} bytes that the index has for {}, got more", model.file,
                       model.bytes, model.name);
    sum.add(bytes);
    file.write(bytes);
  });
  require<DataError>(count == model.bytes, "{}: need the {} bytes that the index has for {}, got {}", model.file,
                     model.bytes, model.name, count);
  require<DataError>(sum.text() == model.sha256, "{}: need sha256 {} as the index has for {}, got {}", model.file,
                     model.sha256, model.name, sum.text());
  file.commit();
}

fs::path kept_or_fetched(const ModelEntry& model) {
  if (is_kept(model)) return place_of(model);
  make_folder(cache_folder());
  const FolderLock lock(cache_folder(), FolderLock::WhenHeld::wait);
  if (!is_kept(model)) fetch(model);
  return place_of(model);
}

}  // namespace

void set_model_index(const std::string& path_or_address) { chosen_index() = path_or_address; }

std::filesystem::path find_model(const std::string& path_or_name) {
  std::error_code ignored;
  if (fs::exists(path_or_name, ignored) || !is_model_name(path_or_name)) return standing_model(path_or_name);
  const std::string origin = index_in_use();
  require<DataError>(!origin.empty(),
                     "{}: need the folder of a model, a pack of one or, with --index or GRUS_MODEL_INDEX, a name, got "
                     "nothing",
                     path_or_name);
  if (is_web_address(origin) && is_recent(copy_of(origin)))
    if (const auto kept = kept_index(origin))
      for (const ModelEntry& model : *kept)
        if (model.name == path_or_name && is_kept(model)) return place_of(model);
  return kept_or_fetched(entry_of(fresh_index(origin), path_or_name, origin));
}

std::vector<ModelEntry> list_models() {
  const std::string origin = index_in_use();
  require<UsageError>(!origin.empty(), "--index: need an index of models, or GRUS_MODEL_INDEX, got none");
  return fresh_index(origin);
}

}  // namespace grus::data
