#include "examples/listen/pictures.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/confusions.h"
#include "report/markup.h"
#include "report/sound_picture.h"

namespace grus::tasks::listen {
namespace {

using report::escape;

std::string file_name(const data::Recording& one) { return std::filesystem::path(one.file).filename().string(); }

std::string mistakes(const Figures& f, const Hearing& hearing) {
  const bool letters = hearing.model.target == Target::letters;
  report::Table table{.head = {{"Recording"}, {"Said"}, {"Heard"}, {"Probability", "number"}}};
  if (letters) table.head.push_back({"Likeliest word"});
  for (size_t i = 0; i < f.sounds.size() && table.rows.size() < 30; ++i) {
    const Heard& heard = f.heard[i];
    if (is_right(f.sounds[i], heard, hearing)) continue;
    const std::string& word = hearing.words[heard.word];
    table.rows.push_back(
        {{escape(file_name(f.sounds[i]))},
         {escape(f.sounds[i].label)},
         {escape(letters ? heard.spelt : word)},
         report::number_cell(letters ? heard.spelt_probability : static_cast<double>(heard.probabilities[heard.word]),
                             2)});
    if (letters) table.rows.back().push_back({escape(word)});
  }
  return table.rows.empty() ? "<p class=\"note\">There is none.</p>\n" : report::table(table);
}

// Letters that are likely somewhere have a curve each, in the order of the sound.
std::vector<report::SoundCurve> letter_curves(const Heard& heard, const Hearing& hearing) {
  const auto outputs = static_cast<size_t>(hearing.outputs()), steps = heard.letters.size() / outputs;
  std::vector<report::SoundCurve> curves;
  std::vector<int64_t> drawn;
  for (const data::CtcSymbol& symbol : heard.path) {
    if (std::find(drawn.begin(), drawn.end(), symbol.id) != drawn.end()) continue;
    drawn.push_back(symbol.id);
    report::SoundCurve curve{.name = hearing.letters[static_cast<size_t>(symbol.id - 1)], .values = {}};
    for (size_t t = 0; t < steps; ++t)
      curve.values.push_back(heard.letters[t * outputs + static_cast<size_t>(symbol.id)]);
    curves.push_back(std::move(curve));
  }
  return curves;
}

}  // namespace

std::string picture(const data::Recording& sound, const Heard& heard, const Hearing& hearing, report::Figures& drawn) {
  const Tensor frames = hearing.frames(sound.samples);
  report::SoundPicture picture{.bands = frames.dim(1),
                               .energies = frames.to_vector<float>(),
                               .hop = hearing.sound.hop,
                               .frequencies = data::band_frequencies(hearing.sound.mel(hearing.model.bands)),
                               .description = fmt::format("log-mel frames of {}", file_name(sound))};
  std::string said;
  if (hearing.model.target == Target::letters) {
    for (const data::CtcSymbol& symbol : heard.path)
      picture.marks.push_back(
          {hearing.letters[static_cast<size_t>(symbol.id - 1)], 0.5 * static_cast<double>(symbol.begin + symbol.end)});
    picture.curves = letter_curves(heard, hearing);
    picture.curves_title = "letters";
    said = fmt::format("“{}”, p = {:.2f}", heard.spelt, heard.spelt_probability);
  } else {
    const float most = *std::max_element(heard.weights.begin(), heard.weights.end());
    picture.curves.push_back({.name = "", .values = heard.weights});
    for (float& weight : picture.curves.back().values) weight /= std::max(most, 1e-9F);
    picture.curves_title = "weight";
    said = fmt::format("“{}”, p = {:.2f}", hearing.words[heard.word], heard.probabilities[heard.word]);
  }
  return drawn(report::sound_picture(picture),
               fmt::format("{}: said “{}”, heard {}.", escape(file_name(sound)), escape(sound.label), escape(said)));
}

std::string pictures(const Figures& f, const Hearing& hearing, report::Figures& drawn) {
  const bool letters = hearing.model.target == Target::letters;
  const auto percent = [](int64_t part, int64_t all) {
    return fmt::format("{:.2f} %", 100.0 * static_cast<double>(part) / static_cast<double>(std::max<int64_t>(1, all)));
  };
  std::vector<report::Tile> tiles = {
      {"Words right", percent(f.right, std::ssize(f.sounds)), fmt::format("{} recordings", f.sounds.size()), "first"}};
  if (letters) {
    tiles.push_back({"Letter error rate", percent(f.edits.distance(), f.edits.reference_length()),
                     fmt::format("{} letters", f.edits.reference_length())});
    if (f.known > 0) tiles.push_back({"Right among known words", percent(f.known_right, f.known), ""});
  }
  std::string first = report::tiles(tiles);
  if (f.known > 0 && hearing.words.size() <= 40)
    first += report::confusions({.classes = hearing.words, .counts = f.confusion, .things = "Recordings"}, drawn);
  std::string some;
  size_t shown = 0;
  for (size_t i = 0; i < f.sounds.size() && shown < 6; i += std::max<size_t>(1, f.sounds.size() / 6), ++shown)
    some += picture(f.sounds[i], f.heard[i], hearing, drawn);
  const char* what = letters
                         ? "Frames as the model reads them, and below, frame by frame, what it takes them for; a mark "
                           "stands where it writes a letter."
                         : "Frames as the model reads them, and below what each one counts for.";
  return report::section("Unseen recordings", first) +
         report::section("What it hears", fmt::format("<p class=\"note\">{}</p>\n", what) + report::in_pairs(some)) +
         report::section("Mistakes", mistakes(f, hearing));
}

}  // namespace grus::tasks::listen
