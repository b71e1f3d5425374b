#pragma once
// A listener in use: what `listen train` left in a folder or pack, and what it hears in recordings.
//   const tasks::listen::Loaded digits = tasks::listen::load({.model = "models/digits"});
//   const tasks::listen::Heard one = tasks::listen::hear(*digits.model, digits.hearing, sounds, 32)[0];   //
//   digits.hearing.words[one.word]
// Sources: options.cpp, hearing.cpp.
#include <memory>
#include <string>
#include <vector>

#include "data/sound/augment.h"
#include "data/sound/log_mel.h"
#include "data/sound/recordings.h"
#include "data/text/ctc_path.h"
#include "tasks/base/run_options.h"
#include "tasks/listen/model.h"

namespace grus::tasks::listen {

/// How sound is read: what recordings are taken, and the frames that are made of them.
struct SoundOptions {
  data::RecordingOptions files;
  std::string words;  // file of lines LABEL<TAB>WORD
  double low = 20, window = 0.03, hop = 0.02, range = 40;
  data::LogMelOptions mel(int64_t bands) const;
};

/// What `train` reads; a model's folder keeps it.
struct TrainOptions {
  std::string train, valid, test;
  std::string valid_files, test_files;  // patterns of names
  double hold_valid = 0.1, hold_test = 0;
  SoundOptions sound;
  data::SoundChange change{.speed = 0.1,
                           .shift = 0.05,
                           .noise = 0.1,
                           .gain = 0.3,
                           .colour = 0.1,
                           .warp = 0.1,
                           .time_masks = 1,
                           .band_masks = 1};
  ModelOptions model;
  tasks::TrainingOptions training;

  TrainOptions();
  options::Table table();
  /// Throws UsageError for flags that do not go together, or are not read.
  void check(const options::Given& given);
};

/// What turns a sound into frames, and scores into words.
struct Hearing {
  SoundOptions sound;
  ModelOptions model;
  std::vector<std::string> words = {}, letters = {};  // of the training, sorted

  int64_t outputs() const;
  /// Returns frames (T, bands): 1 is the loudest energy, -1 what is `range` decibels below it or weaker; where bands
  /// have a mean of their own, less that.
  Tensor frames(const std::vector<float>& samples, double warp = 1) const;
  /// Returns the place among the words, or -1.
  int64_t word_id(const std::string& word) const;
  /// Returns the letters' ids from 1 on. Throws DataError that names the recording of a letter that the training lacks.
  std::vector<int64_t> spelling(const data::Recording& one) const;
};
/// Throws UsageError unless this Grus makes frames of sound.
void require_sound();
/// Sorts the words, each once, and finds the letters in them.
void learn_words(Hearing& hearing);
/// Reads recordings, whose labels become words where the options have a list of them.
std::vector<data::Recording> read_sounds(const std::string& path, const SoundOptions& o);

/// What a model hears in one recording.
struct Heard {
  std::vector<float> probabilities;  // of each word of the training, among these words alone
  size_t word = 0;                   // the likeliest of them
  std::vector<float> weights = {};   // words: what each frame counts for
  std::string spelt = {};            // letters: the best path
  double spelt_probability = 0;      // of these letters, over all alignments
  std::vector<data::CtcSymbol> path = {};
  std::vector<float> letters = {};  // (T, outputs): probabilities of letters, frame by frame
};
std::vector<Heard> hear(const Recogniser& model, const Hearing& hearing, const std::vector<data::Recording>& sounds,
                        int64_t batch);

struct Loaded {
  Hearing hearing;
  std::unique_ptr<Recogniser> model;
};
/// Loads a model. Throws DataError for a folder that holds none.
Loaded load(const tasks::UseOptions& use);
/// Returns the recordings whose file's name fits a pattern with * and ?, and takes them away.
std::vector<data::Recording> take_matching(std::vector<data::Recording>& from, const std::string& pattern);

}  // namespace grus::tasks::listen
