#pragma once
// The folder of a program's model: config.json (the program, its options, checksums of files beside it), what the
// program writes (vocabulary, classes, ...), model.safetensors, and what training::fit keeps. `train` makes it, and
// every other command loads it.
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/checksum.h"
#include "nn/memory_for_weights.h"
#include "nn/module.h"
#include "options/option.h"

namespace grus::tasks {

/// Sets the options: those of --config, then of the run that --resume goes on with, then the flags. Rows that a table
/// lacks are not asked for. Throws UsageError for values out of range and for flags that would change a saved model,
/// DataError for a bad file.
void resolve(const std::string& program, const options::Table& table, const options::Given& given);

/// What a run needs beside its weights.
struct RunFiles {
  /// Flags, and checksums of the data that they name: a run does not go on with other data.
  std::vector<std::pair<std::string, std::string>> data = {};
  /// Writes files into the folder and returns their names. A resumed run keeps those that it began with.
  std::function<std::vector<std::string>(const std::filesystem::path& folder)> write = {};
  /// A file without which the model is of no use, and which the program writes behind fit() (write_last).
  std::string last = {};
};
/// Returns the checksum of data by the texts of its items.
template <class Items, class TextOf>
std::string checksum_of(const Items& items, const TextOf& text_of) {
  Crc32 sum;
  for (const auto& item : items) sum.add(text_of(item));
  return checksum_text(sum.value());
}
/// Says whether --resume finds a run to go on with.
bool has_run(const std::filesystem::path& folder);
/// Makes the folder of a run, and writes its files and config.json; with --overwrite an earlier model stands aside
/// (core/base/replaced_model.h) until the run has judged weights of its own, and `last`. The table has rows "out",
/// "resume" and "overwrite". Throws Error for a folder that holds a run which nobody asked to resume or overwrite,
/// UsageError for other data than it began with.
void begin_run(const std::string& program, const options::Table& table, const RunFiles& files);

/// Writes RunFiles::last, with which the run's own model is whole: one that it replaces goes.
void write_last(const std::filesystem::path& file, const nn::NamedTensors& tensors);

/// Sets the options of the model in a folder. Throws DataError for a folder of another program, a value out of range,
/// and a file that is damaged or of another model.
void load_options(const std::string& program, const std::filesystem::path& folder, const options::Table& table);
/// Returns make(), a model of the folder's options whose weights are to be loaded. Throws DataError for options that
/// need far more memory than the folder's weights.
template <class Make>
auto make_model(const std::filesystem::path& folder, const Make& make) {
  return nn::make_for_weights(folder / "model.safetensors", folder / "config.json", make);
}
/// Reads the folder's weights, and puts the model into evaluation. Throws DataError for those of another shape, and for
/// numbers that are not finite.
void load_weights(const std::filesystem::path& folder, nn::ModuleBase& model);

}  // namespace grus::tasks
