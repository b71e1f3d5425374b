#include "examples/support/pack.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/pack.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "nn/serialize.h"
#include "options/options_json.h"

namespace grus::programs {
namespace {

namespace fs = std::filesystem;

// A configuration names what its model reads beside it, with checksums (model_files.cpp, seq2seq/model_folder.cpp).
std::vector<std::string> named_by(const fs::path& config) {
  const std::string file = config.string();
  const json::Json all = json::parse(data::read_whole_file(file, options::most_config_bytes), file);
  std::vector<std::string> names;
  if (!all.is_object() || !all.contains("files")) return names;
  for (const auto& [name, sum] : all["files"].items()) {
    require<DataError>(fs::path(name).filename() == name, "{}: need names of files in the folder, got '{}'", file,
                       Shown{name});
    names.push_back(name);
  }
  return names;
}

std::vector<fs::path> files_of_model(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const char* needed : {"config.json", "model.safetensors"}) {
    require<DataError>(fs::exists(folder / needed), "{}: need the folder of a model, got one without {}",
                       folder.string(), needed);
    files.push_back(folder / needed);
  }
  for (const std::string& name : named_by(folder / "config.json")) files.push_back(folder / name);
  if (fs::exists(folder / "card.md")) files.push_back(folder / "card.md");
  return files;
}

// Returns the weights in the form that is asked for; nothing where they stay as they are.
PackedInstead weights_as(nn::WeightForm form, const fs::path& folder) {
  if (form == nn::WeightForm::f32) return {};
  const fs::path file = folder / "model.safetensors";
  const nn::TensorFile saved = nn::read_safetensors(file, Device("cpu"));
  require<DataError>(!nn::is_quantized(saved.form), "{}: need weights of f32 for --weights {}, got {}", file.string(),
                     nn::name_of(form), nn::name_of(saved.form));
  return {{"model.safetensors", nn::safetensors_bytes(saved.tensors, saved.metadata, form)}};
}

}  // namespace

options::Table PackOptions::table() {
  return {{"model", "Files", &model, "folder of the model"},
          {"out", "Files", &out, "the file; --model of any command takes it in the folder's place"},
          options::words("weights", "Files", options::choice(&weights),
                         "how matrices are held; f32: as they are, int8: 8 bits and a scale a row, q4: 4.5 bits",
                         {"f32", "bf16", "int8", "q4"})};
}

void PackOptions::check(const options::Given&) {
  require<UsageError>(!model.empty(), "--model: need the folder of a model, got none");
  require<UsageError>(!out.empty(), "--out: need a file, as model.grus, got none");
}

int pack(PackOptions& o, const std::string&) {
  const std::vector<fs::path> files = files_of_model(o.model);
  write_pack(o.out, files, weights_as(o.weights, o.model));
  fmt::print("{}: {} files, {:.1f} MB\n", o.out, files.size(), static_cast<double>(fs::file_size(o.out)) / 1e6);
  return 0;
}

}  // namespace grus::programs
