#pragma once
// The program's commands. Each returns the exit code, or throws an Error of one line.
// Sources: options.cpp, say.cpp, train.cpp, use.cpp.
#include <functional>
#include <string>
#include <vector>

#include "data/text/codec.h"
#include "examples/support/run_options.h"
#include "language/cache.h"
#include "language/suggest.h"
#include "nn/language_model.h"
#include "ops/math/sampling.h"

namespace grus::write {

struct TrainOptions {
  std::string train, valid, test;
  double holdout = 0.1;  // of the training text, where no file is named
  std::string tokenizer = "verbatim";
  int64_t vocab = 0, min_count = 1;
  nn::LanguageModelOptions model{.vocabulary = 0, .body = nn::LanguageBody::gru, .embedding = 64, .tied = false};
  int64_t window = 64;
  double temperature = 0.8;  // of the samples that it shows
  programs::TrainingOptions training;

  TrainOptions();
  options::Table table();
  /// Sets the defaults of a transformer where --arch asks for one.
  void choose(const options::Given& given);
  /// Throws UsageError for what the architecture does not read.
  void check(const options::Given& given);
};
int train(TrainOptions& o, const std::string& command_line);
/// Trains on an excerpt of Shakespeare that is part of the program.
int demo();

/// A model and what it reads and writes text by.
struct Loaded {
  TrainOptions options;
  data::Codec codec;
  nn::LanguageModel model;
  bool knows_unknown;  // its training text had pieces that its vocabulary lacks
};
/// Throws UsageError where no model is named, DataError for a folder of another program or damaged files.
Loaded load(const std::string& folder, const programs::MachineOptions& machine);
std::vector<std::string> write_files(const std::filesystem::path& folder, const data::Codec& codec, int64_t unknown);

/// What every command reads that uses a model.
struct UseOptions {
  std::string model;
  programs::MachineOptions machine;
  options::Table table();
  Loaded load() { return write::load(model, machine); }
};
struct EvalOptions : UseOptions {
  std::string text;
  int64_t keystrokes = 0;  // words
  language::CacheOptions cache{.size = 0};
  options::Table table();
  /// Throws UsageError for flags that are not read.
  void check(const options::Given& given);
};
int eval(EvalOptions& o, const std::string& command_line);

struct RunOptions : UseOptions {
  std::string prompt;
  int64_t length = 400, lines = 0, samples = 1, seed = 1;
  CategoricalOptions draw{.temperature = 0.8};
  options::Table table();
};
int run(RunOptions& o, const std::string& command_line);
/// Calls act for each text that follows the prompt.
void write_on(const Loaded& loaded, const RunOptions& o, const std::function<void(const std::string& text)>& act);

struct ScoreOptions : UseOptions {
  bool together = false;
  std::vector<std::string> texts;  // none: lines of standard input
  options::Table table();
};
int score(ScoreOptions& o, const std::string& command_line);

struct CompleteOptions : UseOptions {
  int64_t count = 3;
  std::vector<std::string> texts;  // none: lines of standard input
  options::Table table();
};
int complete(CompleteOptions& o, const std::string& command_line);
/// Returns the line of `complete` for the beginning of one.
std::string completions(const Loaded& loaded, const language::Suggester& suggester, const std::string& line,
                        int64_t count);

}  // namespace grus::write
