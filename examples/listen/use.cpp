// The commands `eval` and `run`.
#include <fmt/format.h>

#include "core/base/error.h"
#include "examples/listen/commands.h"
#include "examples/listen/pictures.h"
#include "examples/support/page.h"
#include "tasks/base/lists.h"

namespace grus::tasks::listen {

int eval(EvalOptions& o, const std::string& command_line) {
  require<UsageError>(!o.data.empty(), "--data: need recordings, got none");
  const Loaded loaded = load(o.use);
  std::vector<data::Recording> sounds = read_sounds(o.data, loaded.hearing.sound);
  if (!o.files.empty()) sounds = take_matching(sounds, o.files);
  require<UsageError>(!sounds.empty(), "--files: need some of the recordings, got none with '{}'", o.files);
  for (const data::Recording& one : sounds)
    if (loaded.hearing.model.target == Target::words) label_of(one, loaded.hearing);
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
      for (const size_t word : tasks::likeliest(heard.probabilities, o.top))
        fmt::print("{}\t{:.4f}\t", hearing.words[word], heard.probabilities[word]);
    fmt::print("{}\n", file);
    std::fflush(stdout);
  }
  programs::write_page(o.page, {"listen", "What it hears", o.use.model},
                       report::section("Recordings", report::in_pairs(drawn_sounds)));
  return 0;
}

}  // namespace grus::tasks::listen
