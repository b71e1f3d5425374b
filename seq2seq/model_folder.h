#pragma once
// What a model's folder holds: config.json, model.safetensors and the vocabularies are all that use needs; training
// adds metrics.jsonl, report.html and, to go on, state.safetensors. A run keeps all of it in unfinished/ until it has
// saved good weights and a state: what stood in the folder can be used until then.
#include <filesystem>
#include <memory>
#include <string>

#include "data/codec.h"
#include "seq2seq/architecture.h"
#include "seq2seq/options.h"

namespace grus::seq2seq {

/// Both sides' codecs: one and the same with `joint`.
struct Codecs {
  data::Codec source, target;
  bool joint;
  VocabSizes sizes() const { return {source.size(), target.size()}; }
};

/// All embeddings tied means one vocabulary.
inline bool wants_joint_vocabulary(const ModelOptions& model) { return model.tie == Tie::all; }

/// Of the texts that a run learns from and is judged by; empty: not known.
struct TextSums {
  std::string train, valid;
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

  std::filesystem::path config() const { return place("config.json"); }
  std::filesystem::path weights() const { return place("model.safetensors"); }
  std::filesystem::path state() const { return place("state.safetensors"); }
  std::filesystem::path metrics() const { return place("metrics.jsonl"); }
  std::filesystem::path report() const { return place("report.html"); }
  const std::filesystem::path& path() const { return path_; }
  bool has_weights() const { return std::filesystem::exists(weights()); }
  bool has_state() const { return std::filesystem::exists(state()); }

  /// The folder of a run that has not saved good weights yet.
  ModelFolder unfinished() const { return ModelFolder(path_ / "unfinished"); }
  /// Where the run goes on that was stopped here: in unfinished() when it has begun, else in this folder.
  ModelFolder stopped_run() const;
  /// Puts the files of unfinished() in the place of what an earlier run left. A rename decides: whenever the process
  /// ends, readers see all of the old files or all of the new ones.
  void adopt_unfinished() const;
  /// Moves what an adoption that was cut off left to move.
  void settle() const;

  /// Makes the folder and tries whether `bytes` fit. Throws Error with the system's reason.
  void prepare(int64_t bytes) const;

  void save_codecs(const Codecs& codecs) const;
  /// The codecs are saved before it: it keeps their checksums.
  void save_config(const TrainOptions& options, const Codecs& codecs, const TextSums& texts = {}) const;
  /// Throws DataError: no such folder or file, another version, a value out of range, a text that is not the one that
  /// was written.
  TrainOptions load_options() const;
  TextSums load_text_sums() const;
  /// Throws DataError: files that are damaged, or not those that the configuration was written with.
  Codecs load_codecs(const TrainOptions& options) const;

  void save_weights(Architecture& model) const;
  /// Throws DataError: another architecture's, other shapes, or values that are not finite.
  void load_weights(Architecture& model) const;

  /// All of it. Every error is one line that names the file.
  SavedModel load() const;

 private:
  void check_vocabularies(const TrainOptions& options) const;
  // While an adoption goes on, a file is still in adopted() or here already.
  std::filesystem::path place(const std::string& name) const;
  std::string prefix(const char* name) const;
  std::filesystem::path adopted() const { return path_ / ".adopted"; }
  std::filesystem::path path_;
};

}  // namespace grus::seq2seq
