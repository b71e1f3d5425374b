#pragma once
// A classifier of texts in use: what `classify train` left in a folder or pack, loaded, and what it says of texts.
//   const tasks::classify::Loaded topics = tasks::classify::load({.model = "models/trec"});
//   const tasks::classify::Judged one = topics.judge({"who was galileo ?"})[0];   // topics.reader.classes[one.said]
// Sources: options.cpp, reader.cpp.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/read/labelled_texts.h"
#include "data/text/codec.h"
#include "tasks/base/run_options.h"
#include "tasks/classify/model.h"

namespace grus::tasks::classify {

/// What `train` reads; a model's folder keeps it.
struct TrainOptions {
  std::string train, valid, test, vectors;
  data::LabelledTextOptions rows;
  double hold_valid = 0.1, hold_test = 0;
  std::string tokenizer = "word";
  int64_t vocab = 0, min_count = 2, max_length = 400, vectors_words = 0;
  bool cased = false;
  ModelOptions model;
  double label_smoothing = 0;
  tasks::TrainingOptions training;

  TrainOptions();
  options::Table table();
  /// Throws UsageError for flags that do not go together, or are not read.
  void check(const options::Given& given);
};

/// Returns the rows that say how labelled texts are read.
options::Table labelled_text_rows(data::LabelledTextOptions& o);

/// What turns a text into a class.
struct Reader {
  data::Codec codec;
  std::vector<std::string> classes;
  ModelOptions model;
  int64_t max_length;
  bool cased;
  /// Returns the ids of a text, and of its n-grams.
  Text read(const std::string& text) const;
  /// Returns the pieces that the ids stand for, as they stand in the text where its tokenizer says so.
  std::vector<std::string> pieces(const std::string& text) const;
};

/// One text with its class, as a model sees it.
struct Judged {
  std::vector<std::string> pieces = {};
  std::vector<float> weights = {}, probabilities = {};  // of each piece, of each class
  size_t said = 0;                                      // the likeliest class
};
std::vector<Judged> judge(const Committee& model, const Reader& reader, const std::vector<std::string>& texts,
                          int64_t batch);
/// Returns the line of `run` for a text: its likeliest classes with their probabilities, then the text.
std::string said(const Judged& judged, const Reader& reader, const std::string& text, int64_t top);

/// What `run` reads.
struct RunOptions {
  tasks::UseOptions use;
  int64_t top = 1;
  std::string page;
  std::vector<std::string> texts;  // none: lines of standard input
  options::Table table();
};

struct Loaded {
  Reader reader;
  std::unique_ptr<Committee> model;
  std::vector<Judged> judge(const std::vector<std::string>& texts, int64_t batch = 64) const {
    return classify::judge(*model, reader, texts, batch);
  }
};
/// Writes vocabulary and classes, and returns the names of the files.
std::vector<std::string> save_reader(const Reader& reader, const std::filesystem::path& folder);
/// Loads a model. Throws DataError for a folder that holds none.
Loaded load(const tasks::UseOptions& use);

}  // namespace grus::tasks::classify
