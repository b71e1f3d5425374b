// The commands `eval` and `run`, and what they need of a model.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/pack.h"
#include "data/read/text.h"
#include "examples/listen/commands.h"
#include "examples/listen/pictures.h"
#include "examples/support/lists.h"
#include "examples/support/model_files.h"
#include "examples/support/page.h"

namespace grus::listen {

void require_sound() {
  require<UsageError>(data::has_fourier_transform(),
                      "[listen] need Grus built with KISS FFT (Debian's libkissfft-dev), got one without");
}

void learn_words(Hearing& hearing) {
  std::vector<std::string>& words = hearing.words;
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  for (const std::string& word : words)
    for (const std::string_view letter : data::split_code_points(word)) hearing.letters.emplace_back(letter);
  std::sort(hearing.letters.begin(), hearing.letters.end());
  hearing.letters.erase(std::unique(hearing.letters.begin(), hearing.letters.end()), hearing.letters.end());
}

Loaded load(const programs::UseOptions& use) {
  begin_use(use);
  require_sound();
  TrainOptions o;
  programs::load_options("listen", use.model, o.table());
  const std::filesystem::path folder = use.model;
  o.sound.words = file_exists(folder / "labels.tsv") ? (folder / "labels.tsv").string() : "";
  Hearing hearing{.sound = o.sound, .model = o.model, .words = data::read_lines((folder / "words.txt").string())};
  learn_words(hearing);
  Rng rng(0);
  auto model =
      programs::make_model(folder, [&] { return std::make_unique<Recogniser>(o.model, hearing.outputs(), rng); });
  programs::load_weights(folder, *model);
  return {std::move(hearing), std::move(model)};
}

int eval(EvalOptions& o, const std::string& command_line) {
  require<UsageError>(!o.data.empty(), "--data: need recordings, got none");
  const Loaded loaded = load(o.use);
  std::vector<data::Recording> sounds = read_sounds(o.data, loaded.hearing.sound);
  if (!o.files.empty()) sounds = take_matching(sounds, o.files);
  require<UsageError>(!sounds.empty(), "--files: need some of the recordings, got none with '{}'", o.files);
  for (const data::Recording& one : sounds)
    require<DataError>(loaded.hearing.model.target == Target::letters || loaded.hearing.word_id(one.label) >= 0,
                       "{}: need a word of the training, one of {}, got '{}'", one.place,
                       fmt::join(loaded.hearing.words, ", "), one.label);
  const Figures found = figures_of(*loaded.model, loaded.hearing, std::move(sounds), o.use.batch);
  fmt::print("{}\n", in_words(found, loaded.hearing));
  if (o.out.empty()) return 0;
  report::Figures drawn;
  programs::write_page(o.out, {"listen", o.data, o.use.model, command_line}, pictures(found, loaded.hearing, drawn));
  return 0;
}

int run(RunOptions& o, const std::string&) {
  require<UsageError>(!o.files.empty(), "[run] need .wav files, got none");
  const Loaded loaded = load(o.use);
  const Hearing& hearing = loaded.hearing;
  const bool letters = hearing.model.target == Target::letters;
  require<UsageError>(letters || !o.lexicon, "--lexicon: need a model of letters, got one of words");
  std::string drawn_sounds;
  report::Figures drawn;
  for (const std::string& file : o.files) {
    const data::Recording sound{.file = file, .label = "?", .samples = data::read_recording(file, hearing.sound.files)};
    const Heard heard = hear(*loaded.model, hearing, {sound}, 1).front();
    if (!o.page.empty()) drawn_sounds += picture(sound, heard, hearing, drawn);
    if (letters && !o.lexicon) fmt::print("{}\t{:.4f}\t", heard.spelt, heard.spelt_probability);
    else
      for (const size_t word : programs::likeliest(heard.probabilities, o.top))
        fmt::print("{}\t{:.4f}\t", hearing.words[word], heard.probabilities[word]);
    fmt::print("{}\n", file);
    std::fflush(stdout);
  }
  programs::write_page(o.page, {"listen", "What it hears", o.use.model},
                       report::section("Recordings", report::in_pairs(drawn_sounds)));
  return 0;
}

}  // namespace grus::listen
