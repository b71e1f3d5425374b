#include "examples/compose/pictures.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/chart.h"
#include "report/markup.h"
#include "report/piano_roll.h"

namespace grus::tasks::compose {
namespace {

// The first steps of a piece with what the model thought likely of each key.
std::string expected_roll(const data::Piece& piece, const std::vector<float>& expected, double step, size_t most) {
  const size_t steps = std::min(most, piece.size());
  report::PianoRoll roll{.step = step, .description = "a piece, and the keys that the model expected"};
  roll.expected.assign(expected.begin(), expected.begin() + static_cast<int64_t>(steps) * data::key_count);
  const data::Piece first(piece.begin(), piece.begin() + static_cast<int64_t>(steps));
  for (const data::Note& note : data::score_of(first, step, 80, false).notes)
    roll.notes.push_back({note.begin, note.length, note.key, 1});
  return report::piano_roll(roll);
}

}  // namespace

std::string roll_of(const data::Piece& piece, double step, int64_t given) {
  report::PianoRoll roll{
      .from = static_cast<double>(given) * step, .voices = {"given", "composed"}, .description = "a composed piece"};
  if (given == 0) roll.from = -1;
  const data::Piece opening(piece.begin(), piece.begin() + given), rest(piece.begin() + given, piece.end());
  for (const data::Note& note : data::score_of(opening, step, 80, true).notes)
    roll.notes.push_back({note.begin, note.length, note.key, 0});
  for (const data::Note& note : data::score_of(rest, step, 80, true).notes)
    roll.notes.push_back({note.begin + static_cast<double>(given) * step, note.length, note.key, 1});
  return report::piano_roll(roll);
}

std::string roll_of(const data::Score& score, const std::string& description) {
  report::PianoRoll roll{.voices = {"chords", "melody"}, .description = description};
  for (const data::Note& note : score.notes)
    roll.notes.push_back({note.begin, note.length, note.key, note.channel == 1 ? 0 : 1});
  return report::piano_roll(roll);
}

std::string pictures(const Figures& f, const std::vector<data::Piece>& pieces, double step, report::Figures& drawn) {
  std::string rolls;
  for (size_t i = 0; i < std::min<size_t>(2, pieces.size()); ++i)
    rolls += drawn(
        expected_roll(pieces[i], f.expected[i], step, 64),
        fmt::format("Unseen piece {}: its notes are outlines; the darker a key, the likelier the model thought it "
                    "before it heard the step.",
                    i + 1));
  const std::string tiles = report::tiles(
      {{"Nats a step", fmt::format("{:.3f}", f.nats), fmt::format("{} steps", report::grouped(f.steps)), "first"},
       {"Accuracy", fmt::format("{:.1f} %", 100 * f.accuracy), "keys right of those said or sounding"}});
  return report::section("Unseen pieces", tiles + rolls);
}

std::string sample_section(const Composer& model, const data::Piece& piece, double step, report::Figures& drawn) {
  const auto given = std::min<int64_t>(8, std::ssize(piece));
  std::string rolls;
  for (const uint64_t seed : {1u, 2u})
    rolls +=
        drawn(roll_of(composed(model, {piece.begin(), piece.begin() + given}, 56, 0.8, seed), step, given),
              fmt::format("Behind the first {} steps of unseen piece 1, at temperature 0.8, seed {}.", given, seed));
  return report::section("What it composes", rolls);
}

}  // namespace grus::tasks::compose
