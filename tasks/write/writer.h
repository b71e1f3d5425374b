#pragma once
// A language model in use: what `write train` left in a folder or pack, loaded, and what it says behind a text.
//   const tasks::write::Loaded bard = tasks::write::load("models/bard");
//   language::Cursor(bard.model) reads on from here (language/), bard.codec turns text into ids
// Sources: options.cpp, say.cpp.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/text/codec.h"
#include "language/suggest.h"
#include "nn/language_model.h"
#include "ops/math/sampling.h"
#include "tasks/base/run_options.h"

namespace grus::tasks::write {

/// What `train` reads; a model's folder keeps it.
struct TrainOptions {
  std::string train, valid, test;
  double holdout = 0.1;  // of the training text, where no file is named
  std::string tokenizer = "verbatim";
  int64_t vocab = 0, min_count = 1;
  nn::LanguageModelOptions model{.vocabulary = 0, .body = nn::LanguageBody::gru, .embedding = 64, .tied = false};
  int64_t window = 64;
  double temperature = 0.8;  // of the samples that it shows
  tasks::TrainingOptions training;

  TrainOptions();
  options::Table table();
  /// Sets the defaults of a transformer where --arch asks for one.
  void choose(const options::Given& given);
  /// Throws UsageError for what the architecture does not read.
  void check(const options::Given& given);
};

/// A model and what it reads and writes text by.
struct Loaded {
  TrainOptions options;
  data::Codec codec;
  nn::LanguageModel model;
  bool knows_unknown;  // its training text had pieces that its vocabulary lacks
};
/// Throws UsageError where no model is named, DataError for a folder of another program or damaged files.
Loaded load(const std::string& folder, const tasks::MachineOptions& machine = {});
std::vector<std::string> write_files(const std::filesystem::path& folder, const data::Codec& codec, int64_t unknown);

/// What every command reads that uses a model.
struct UseOptions {
  std::string model;
  tasks::MachineOptions machine;
  options::Table table();
  Loaded load() { return write::load(model, machine); }
};

/// What `run` reads.
struct RunOptions : UseOptions {
  std::string prompt;
  int64_t length = 400, lines = 0, samples = 1, seed = 1;
  CategoricalOptions draw{.temperature = 0.8};
  options::Table table();
};
/// Calls act for each text that follows the prompt.
void write_on(const Loaded& loaded, const RunOptions& o, const std::function<void(const std::string& text)>& act);

/// Returns the line of `complete` for the beginning of one.
std::string completions(const Loaded& loaded, const language::Suggester& suggester, const std::string& line,
                        int64_t count);

}  // namespace grus::tasks::write
