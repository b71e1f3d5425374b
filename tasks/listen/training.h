#pragma once
// What a recogniser learns from: recordings in three parts, and batches of their frames; how well it hears.
// Sources: training.cpp, figures.cpp.
#include <filesystem>
#include <string>
#include <vector>

#include "data/batch/batches.h"
#include "metrics/classification.h"
#include "metrics/edit_distance.h"
#include "metrics/mean.h"
#include "tasks/listen/listener.h"

namespace grus::tasks::listen {

struct Parts {
  std::vector<data::Recording> train, valid, test;
};
/// Reads the recordings that the options name; a part is a file's or folder's, those of a pattern, or a share by the
/// seed. Throws UsageError for a pattern that fits none or all of them.
Parts read_parts(const TrainOptions& o);
std::string checksum_of(const std::vector<data::Recording>& all);

/// Returns what turns sounds into frames and scores into words. Throws DataError for recordings of one word alone.
Hearing make_hearing(const TrainOptions& o, const std::vector<data::Recording>& train);
/// Writes words and labels beside a model, and returns the names of the files.
std::vector<std::string> save_hearing(const Hearing& hearing, const std::filesystem::path& folder);

/// Returns the id of the word, or those of its letters. Throws DataError that names the recording of a word or letter
/// that the training lacks.
std::vector<int64_t> label_of(const data::Recording& one, const Hearing& hearing);

struct Batch {
  data::Packed sounds;
  Tensor labels;                 // words (B), or all letters one behind another
  std::vector<int64_t> lengths;  // letters of each word
};
/// Returns batches of these sounds, each heard with a change of its own every time; none where `change` is null. Throws
/// DataError for a word or letter that the training lacks. Everything that comes by reference must outlive them.
data::Batches<Batch> make_batches(const Hearing& hearing, const std::vector<data::Recording>& sounds,
                                  const data::SoundChange* change, const data::BatchOptions& options);
/// Returns the mean of -log p of the words.
Tensor loss_of(const Recogniser& model, const Tensor& scores, const Batch& batch);

/// What validation measures: the loss, and words or letters that are right.
struct Judge {
  explicit Judge(const Hearing& hearing);
  void update(const Recogniser& model, const Batch& batch);
  /// Returns the figures: the share of right words or of wrong letters, then the loss.
  std::vector<metrics::Metric*> figures();

  Target target;
  metrics::Accuracy accuracy;
  metrics::EditErrorRate letters{"letter_error_rate"};
  metrics::Mean loss{};
};

/// How well recordings were heard.
struct Figures {
  std::vector<data::Recording> sounds = {};
  std::vector<Heard> heard = {};
  int64_t right = 0;                                // words: the likeliest is said; letters: every letter is right
  int64_t known = 0;                                // recordings of words of the training
  int64_t known_right = 0;                          // letters: of these, the likeliest of the training's words is said
  metrics::Edits edits = {};                        // letters
  std::vector<std::vector<double>> confusion = {};  // rows: words said, columns: the likeliest; known words alone
};
Figures figures_of(const Recogniser& model, const Hearing& hearing, std::vector<data::Recording> sounds, int64_t batch);
/// Says whether the word, or every letter of it, was heard.
bool is_right(const data::Recording& sound, const Heard& heard, const Hearing& hearing);
/// Says the figures in a phrase.
std::string in_words(const Figures& figures, const Hearing& hearing);

}  // namespace grus::tasks::listen
