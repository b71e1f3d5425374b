#include "examples/support/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include "core/base/error.h"
#include "core/base/pack.h"
#include "nn/serialize.h"

namespace grus::programs {
namespace {

namespace fs = std::filesystem;

// A model is used without these. Data that a demo keeps beside its model is compressed, or in a folder of its own.
bool is_of_training(const std::string& name) {
  constexpr std::array records = {"state.safetensors", "metrics.jsonl", "report.json"};
  return std::ranges::find(records, name) != records.end();
}

bool is_of_model(const fs::path& file) {
  constexpr std::array kinds = {".json", ".safetensors", ".vocab", ".model", ".txt", ".tsv", ".md"};
  const std::string name = file.filename().string();
  return std::ranges::find(kinds, file.extension().string()) != kinds.end() && !is_of_training(name) &&
         !name.starts_with('.');
}

std::vector<fs::path> files_of_model(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->is_regular_file() && is_of_model(at->path())) files.push_back(at->path());
  require<DataError>(!error, "{}: {}", folder.string(), error.message());
  for (const char* needed : {"config.json", "model.safetensors"})
    require<DataError>(fs::exists(folder / needed), "{}: need the folder of a model, got one without {}",
                       folder.string(), needed);
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
