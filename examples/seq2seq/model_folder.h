#pragma once
// What a model's folder holds: config.json, model.safetensors and the vocabularies are all that use needs; training
// adds metrics.jsonl, report.html and, to go on, state.safetensors.
#include <filesystem>
#include <memory>
#include <string>

#include "data/codec.h"
#include "examples/seq2seq/architecture.h"
#include "examples/seq2seq/options.h"

namespace grus::seq2seq {

/// Both sides' codecs: one and the same with `joint`.
struct Codecs {
  data::Codec source, target;
  bool joint;
  VocabSizes sizes() const { return {source.size(), target.size()}; }
};

/// All embeddings tied means one vocabulary.
inline bool wants_joint_vocabulary(const ModelOptions& model) { return model.tie == "all"; }

struct SavedModel {
  TrainOptions options;
  Codecs codecs;
  std::unique_ptr<Architecture> model;  // in eval mode
};

class ModelFolder {
 public:
  explicit ModelFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path config() const { return path_ / "config.json"; }
  std::filesystem::path weights() const { return path_ / "model.safetensors"; }
  std::filesystem::path state() const { return path_ / "state.safetensors"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path report() const { return path_ / "report.html"; }
  const std::filesystem::path& path() const { return path_; }

  /// Makes the folder and tries whether `bytes` fit. Throws Error with the system's reason.
  void prepare(int64_t bytes) const;

  /// Removes what an earlier run left.
  void clear() const;
  void save_config(const TrainOptions& options, const Codecs& codecs) const;
  /// Throws DataError: no such folder or file, another version, a value out of range, a text that is not the one that
  /// was written.
  TrainOptions load_options() const;
  /// Throws DataError: files that are damaged, or not those that the configuration was written with.
  Codecs load_codecs(const TrainOptions& options) const;

  void save_weights(Architecture& model) const;
  /// Throws DataError: another architecture's, or other shapes.
  void load_weights(Architecture& model) const;

  /// All of it. Every error is one line that names the file.
  SavedModel load() const;

 private:
  void check_vocabularies(const TrainOptions& options) const;
  std::string prefix(const char* name) const { return (path_ / name).string(); }
  std::filesystem::path path_;
};

}  // namespace grus::seq2seq
