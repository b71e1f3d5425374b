#include "tasks/base/model_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/atomic_file.h"
#include "core/base/checksum.h"
#include "core/base/error.h"
#include "core/base/folder.h"
#include "core/base/folder_lock.h"
#include "core/base/json.h"
#include "core/base/pack.h"
#include "core/base/printable.h"
#include "core/base/replaced_model.h"
#include "data/read/text.h"
#include "nn/serialize.h"
#include "options/options_json.h"
#include "training/soundness.h"

namespace grus::tasks {
namespace {

namespace fs = std::filesystem;
using options::Table;

constexpr int64_t format_version = 1;

std::string format_of(const std::string& program) { return "grus " + program; }

std::string file_checksum(const fs::path& file) {
  return checksum_text(std::string_view(data::read_whole_file(file.string())));
}

const options::Option* row_if_any(const Table& table, std::string_view flag) {
  const auto at = std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.flag == flag; });
  return at == table.end() ? nullptr : &*at;
}

bool is_set(const Table& table, std::string_view flag) {
  const options::Option* row = row_if_any(table, flag);
  return row && text_of(*row) == "true";
}

// Returns a configuration whose bytes are those that were written, or one that bears no checksum.
nlohmann::json read_config(const std::string& program, const fs::path& folder) {
  require<DataError>(is_folder_or_pack(folder), "{}: need the folder of a model, or a pack of one, got {}",
                     folder.string(), fs::exists(folder) ? "a file" : "nothing");
  const std::string file = (folder / "config.json").string();
  const std::string text = data::read_whole_file(file, options::most_config_bytes);
  nlohmann::json config = json::parse(text, file);
  const json::Members members(config, file);
  require<DataError>(members.has("format") && config["format"] == format_of(program), "{}: need a model of {}, got {}",
                     file, program, members.has("format") ? json::to_string({config["format"]}) : "something else");
  require<DataError>(members.at("version") == format_version, "{}: need version {}, got {}", file, format_version,
                     json::Shown{members.at("version")});
  members.require_only({"checksum", "data", "files", "format", "options", "version"});
  const Seal seal = check_seal(text);
  require<DataError>(seal == Seal::found || (seal == Seal::none && !members.has("checksum")),
                     "{}: need the text that its checksum stands for, got another: damaged, or edited by hand, for "
                     "which its line \"checksum\" must be taken out",
                     file);
  return config;
}

void check_files(const nlohmann::json& config, const fs::path& folder) {
  if (!config.contains("files")) return;
  const json::Members files(config["files"], (folder / "config.json").string());
  for (const auto& [name, sum] : config["files"].items()) {
    require<DataError>(fs::path(name).filename() == name, "{}: need names of files in the folder, got '{}'",
                       (folder / "config.json").string(), Shown{name});
    const std::string got = file_checksum(folder / name);
    require<DataError>(files.text(name) == got,
                       "{}: need the file with {} of config.json, got {}: damaged, or of another model",
                       (folder / name).string(), Shown{files.text(name)}, got);
  }
}

// Returns the names of all files that a run writes, and those that the run in the folder says it wrote.
std::vector<std::string> files_of_run(const fs::path& folder, const std::string& last) {
  std::vector<std::string> names = {"config.json",   "model.safetensors", "state.safetensors",
                                    "metrics.jsonl", "report.html",       "report.json"};
  if (!last.empty()) names.push_back(last);
  try {
    const std::string file = (folder / "config.json").string();
    const nlohmann::json config = json::parse(data::read_whole_file(file, options::most_config_bytes), file);
    if (config.contains("files") && config["files"].is_object())
      for (const auto& [name, sum] : config["files"].items())
        if (fs::path(name).filename() == name && name != "." && name != "..") names.push_back(name);
  } catch (const Error&) {  // a damaged configuration is replaced, too
  }
  return names;
}

void require_same_data(const nlohmann::json& config, const RunFiles& files, const std::string& folder) {
  for (const auto& [flag, sum] : files.data) {
    const nlohmann::json saved = config.value("data", nlohmann::json::object());
    const std::string then = saved.is_object() && saved.contains(flag) ? json::to_string({saved[flag]}) : "none";
    require<UsageError>(saved.is_object() && saved.contains(flag) && saved[flag] == sum,
                        "--{}: need the data with {} that the run in {} began with, got {}", flag, then, folder, sum);
  }
}

void write_config(const std::string& program, const fs::path& folder, const Table& table, nlohmann::json files,
                  const RunFiles& run) {
  nlohmann::json data = nlohmann::json::object();
  for (const auto& [flag, sum] : run.data) data[flag] = sum;
  const nlohmann::json config = {{"checksum", empty_seal},    {"data", data},
                                 {"files", std::move(files)}, {"format", format_of(program)},
                                 {"options", to_json(table)}, {"version", format_version}};
  std::string text = config.dump(2) + "\n";
  seal(text);
  write_file_atomically(folder / "config.json", text);
}

}  // namespace

void resolve(const std::string& program, const Table& table, const options::Given& given) {
  if (const std::string* file = options::find(given, "config")) apply_json(table, options::read_config(*file), *file);
  const auto set_given = [&] {
    for (const auto& [flag, text] : given) set(row_of(table, flag), text);
  };
  set_given();
  if (!is_set(table, "resume")) return;
  const std::string out = text_of(row_of(table, "out"));
  if (!has_run(out)) return;
  load_options(program, out, table);
  const options::Given saved = values_of(table);
  set_given();
  require_same(table, saved, out, {"batch", "optimizer", "seed"});
}

bool has_run(const fs::path& folder) {
  return fs::exists(folder / "state.safetensors") && fs::exists(folder / "config.json");
}

void begin_run(const std::string& program, const Table& table, const RunFiles& files) {
  const std::string out = text_of(row_of(table, "out"));
  require<UsageError>(!out.empty(), "--out: need a folder for the model, got none");
  const fs::path folder = out;
  const bool resume = is_set(table, "resume"), holds = fs::exists(folder / "state.safetensors");
  require<Error>(resume || is_set(table, "overwrite") || (!holds && !fs::exists(folder / "model.safetensors")),
                 "{}: holds a model already; --resume goes on with its run, --overwrite replaces it", out);
  make_folder(folder);
  const FolderLock lock(folder);
  if (resume && has_run(folder)) {
    const nlohmann::json config = read_config(program, folder);
    check_files(config, folder);
    require_same_data(config, files, out);
    return write_config(program, folder, table, config.value("files", nlohmann::json::object()), files);
  }
  set_model_aside(folder, files_of_run(folder, files.last));
  nlohmann::json sums = nlohmann::json::object();
  if (files.write)
    for (const std::string& name : files.write(folder)) sums[name] = file_checksum(folder / name);
  write_config(program, folder, table, std::move(sums), files);
}

void write_last(const fs::path& file, const nn::NamedTensors& tensors) {
  nn::write_safetensors(file, tensors);
  drop_replaced_model(file.parent_path());
}

void load_options(const std::string& program, const fs::path& folder, const Table& table) {
  const nlohmann::json config = read_config(program, folder);
  const std::string file = (folder / "config.json").string();
  apply_json(table, json::Members(config, file).at("options"), file);
  check_files(config, folder);
}

void load_weights(const fs::path& folder, nn::ModuleBase& model) {
  const fs::path file = folder / "model.safetensors";
  nn::load_weights(file, model);
  const std::string bad = training::first_not_finite(model.state_dict());
  require<DataError>(bad.empty(), "{}: need finite weights, got NaN or infinity in '{}'", file.string(), bad);
  model.eval();
}

}  // namespace grus::tasks
