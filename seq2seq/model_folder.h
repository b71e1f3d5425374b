#pragma once
// A model's folder holds config.json, model.safetensors and the vocabularies, which are all that use needs; training
// adds metrics.jsonl, report.html and state.safetensors, from which it goes on. What a run replaces stands aside until
// it has saved good weights (core/base/replaced_model.h).
#include <filesystem>
#include <memory>
#include <string>

#include "data/text/codec.h"
#include "nn/serialize.h"
#include "seq2seq/architecture.h"
#include "seq2seq/options.h"
#include "seq2seq/sides.h"

namespace grus::seq2seq {

/// The codecs of both sides, which are one with `joint`.
struct Codecs {
  data::Codec source, target;
  bool joint;
  VocabSizes sizes() const { return {source.size(), target.size()}; }
};

/// Checksums of the texts that a run learns from and is judged by; an empty one is not known.
struct TextSums {
  std::string train, valid;
  std::string links;  // of guided alignment
  bool operator==(const TextSums&) const = default;
};

struct SavedModel {
  TrainOptions options;
  Codecs codecs;
  std::unique_ptr<Architecture> model;  // in eval mode
};

class ModelFolder {
 public:
  explicit ModelFolder(std::filesystem::path path) : path_(std::move(path)) {}

  /// Finds a model by its folder, its pack or its name (data/fetch/find_model.h).
  static ModelFolder of(const std::string& path_or_name);

  std::filesystem::path config() const { return path_ / "config.json"; }
  std::filesystem::path weights() const { return path_ / "model.safetensors"; }
  std::filesystem::path state() const { return path_ / "state.safetensors"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path report() const { return path_ / "report.html"; }
  const std::filesystem::path& path() const { return path_; }
  bool has_weights() const { return std::filesystem::exists(weights()); }
  bool has_state() const { return std::filesystem::exists(state()); }

  /// Clears the folder for a new run; a model that it holds stands aside.
  void begin() const;

  /// Makes the folder and tries whether `bytes` fit. Throws Error with the system's reason.
  void prepare(int64_t bytes) const;

  void save_codecs(const Codecs& codecs) const;
  /// Writes config.json with the checksums of the codecs, which are saved before it.
  void save_config(const TrainOptions& options, const Codecs& codecs, const TextSums& texts = {}) const;
  /// Throws DataError for a folder or file that does not exist, another version, a value out of range, and a text whose
  /// checksum is wrong.
  TrainOptions load_options() const;
  TextSums load_text_sums() const;
  /// Throws DataError for damaged files, and for files that the configuration was not written with.
  Codecs load_codecs(const TrainOptions& options) const;

  void save_weights(Architecture& model) const;
  /// Saves the weights of a step as last/step-N.safetensors, and removes all but the newest `keep` of such files.
  void save_recent(Architecture& model, int64_t step, int64_t keep) const;
  /// Throws DataError for the weights of another architecture, other shapes, and values that are not finite.
  void load_weights(Architecture& model) const;
  /// Loads the weights of a model with fewer words: their rows come first, and further rows stay as the model has them.
  void load_fewer_words(Architecture& model) const;

  /// Loads configuration, codecs and weights. Every error is one line that names the file.
  SavedModel load() const;

 private:
  void load(nn::NamedTensors weights, Architecture& model) const;
  nn::TensorFile read_weights(const Architecture& model) const;
  void check_vocabularies(const TrainOptions& options) const;
  // Says whether the folder's weights name their GRU's convention.
  bool names_convention() const;
  std::string prefix(const char* name) const { return (path_ / name).string(); }
  std::filesystem::path path_;
};

}  // namespace grus::seq2seq
