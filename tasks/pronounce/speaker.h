#pragma once
// A speaker says words: letters go in, phones come out. It is a translator with two vocabularies, which `pronounce
// train` left in a folder or pack.
//   const tasks::pronounce::Loaded english = tasks::pronounce::load({.model = "models/english"});
//   tasks::pronounce::say(english.speakers, {"shoogle"}, {})[0].front().text   // SH UW G AH L
// Sources: options.cpp, speaker.cpp.
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/edit_distance.h"
#include "seq2seq/translator.h"
#include "tasks/base/run_options.h"
#include "tasks/pronounce/dictionary.h"

namespace grus::tasks::pronounce {

struct Sizes {
  int64_t embedding = 64, hidden = 256, encoder = 0;  // encoder 0: half of hidden in each direction
  int64_t encoder_layers = 1;
  double dropout = 0.1;
};

/// What `train` reads; a model's folder keeps it.
struct TrainOptions {
  std::string dictionary, phones;
  double hold_valid = 0.05, hold_test = 0.05;
  int64_t split_seed = 1;
  bool stress = false;
  Sizes sizes;
  double label_smoothing = 0.1;
  tasks::TrainingOptions training;

  TrainOptions();
  options::Table table();
  /// Throws UsageError for flags that do not go together.
  void check(const options::Given& given);
};

/// One model with its letters and phones.
struct Speaker {
  seq2seq::Codecs codecs;
  std::unique_ptr<seq2seq::Architecture> model;
};
/// Makes a model whose first weights follow from the seed.
Speaker make_speaker(seq2seq::Codecs codecs, const Sizes& sizes, uint64_t seed);
/// Learns letters and phones from the dictionary; `phones` names a file of those that there are, or is empty. Throws
/// DataError for a phone that is not among them.
seq2seq::Codecs learn_codecs(const Dictionary& dictionary, const std::string& phones);
/// Writes both vocabularies and returns the files' names.
std::vector<std::string> save_codecs(const seq2seq::Codecs& codecs, const std::filesystem::path& folder);
seq2seq::Codecs load_codecs(const std::filesystem::path& folder);

/// Several speakers speak together: a phone's probability is the mean of theirs.
using Speakers = std::vector<Speaker>;
struct Loaded {
  TrainOptions options;  // those of the first model
  Speakers speakers;
};
/// Loads DIR, or DIR,DIR,... that speak together. Throws DataError for a folder that holds no model, and for one with
/// other phones than the first one's.
Loaded load(const tasks::UseOptions& use);
/// Returns the n best pronunciations of each word, the likeliest first.
std::vector<std::vector<seq2seq::Translation>> say(const Speakers& speakers, const std::vector<std::string>& words,
                                                   const seq2seq::SearchOptions& options);
/// Throws DataError "WHERE:COLUMN: need ..., got ..." for a blank word and for letters that nobody learnt.
void check_word(const Speakers& speakers, const std::string& word, std::string_view where);

/// What was said for the words of a dictionary. A word is right when one of its pronunciations was said; phones are
/// compared with the pronunciation that is nearest, the first of several (Yao and Zweig 2015; Toshniwal and Livescu
/// 2016).
struct Judgement {
  std::vector<std::string> said, nearest;
  std::vector<bool> right;
  metrics::Edits edits;
  double phone_error() const;  // edits / phones of the nearest pronunciations
  double word_error() const;
};
Judgement judge(const Dictionary& dictionary, std::vector<std::string> said);
/// Says the words of a dictionary and judges.
Judgement judge(const Speakers& speakers, const Dictionary& dictionary, const seq2seq::SearchOptions& options);

}  // namespace grus::tasks::pronounce
