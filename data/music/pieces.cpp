#include "data/music/pieces.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/json.h"
#include "data/music/midi.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

namespace fs = std::filesystem;
using json::Json;

constexpr size_t most_piece_bytes = size_t{1} << 28;
constexpr size_t most_steps = 1'000'000;

void tidy(Chord& chord) {
  std::sort(chord.begin(), chord.end());
  chord.erase(std::unique(chord.begin(), chord.end()), chord.end());
}

Chord chord_of(const Json& step, const std::string& place) {
  require<DataError>(step.is_array(), "{}: need a list of keys, got {}", place, json::Shown{step});
  Chord chord;
  for (const Json& key : step) {
    require<DataError>(key.is_number_integer(), "{}: need keys as whole numbers, got {}", place, json::Shown{key});
    const auto value = key.get<int64_t>();
    if (value < 0) continue;
    require<DataError>(value >= lowest_key && value < lowest_key + key_count, "{}: need keys of {} to {}, got {}",
                       place, lowest_key, lowest_key + key_count - 1, value);
    chord.push_back(static_cast<int32_t>(value));
  }
  tidy(chord);
  return chord;
}

std::vector<Piece> pieces_of(const Json& list, const std::string& name) {
  require<DataError>(list.is_array(), "{}: need a list of pieces, got {}", name, json::Shown{list});
  std::vector<Piece> pieces;
  for (const Json& piece : list) {
    const std::string place = fmt::format("{}: piece {}", name, pieces.size() + 1);
    require<DataError>(piece.is_array() && !piece.empty(), "{}: need a list of steps, got {}", place,
                       json::Shown{piece});
    Piece steps;
    for (const Json& step : piece) steps.push_back(chord_of(step, fmt::format("{}, step {}", place, steps.size() + 1)));
    pieces.push_back(std::move(steps));
  }
  return pieces;
}

PieceSets read_json(const std::string& path) {
  const Json all = json::parse(read_whole_file(path, most_piece_bytes), path);
  if (all.is_array()) return {pieces_of(all, path), {}, {}};
  const json::Members members(all, path);
  members.require_only({"train", "valid", "test"});
  const auto part = [&](const char* name) {
    return members.has(name) ? pieces_of(members.at(name), fmt::format("{}: {}", path, name)) : std::vector<Piece>();
  };
  return {part("train"), part("valid"), part("test")};
}

Piece read_one(const std::string& path, double step) {
  const Score score = read_midi(path);
  require<DataError>(score.length() / step <= static_cast<double>(most_steps), "{}: need at most {} steps, got {:.0f}",
                     path, most_steps, score.length() / step);
  for (const Note& note : score.notes)
    require<DataError>(note.key >= lowest_key && note.key < lowest_key + key_count, "{}: need keys of {} to {}, got {}",
                       path, lowest_key, lowest_key + key_count - 1, note.key);
  Piece piece = piece_of(score, step);
  require<DataError>(!piece.empty(), "{}: need notes, got none", path);
  return piece;
}

}  // namespace

PieceSets read_pieces(const std::string& path, double step) {
  require<UsageError>(step >= 1.0 / 64 && step <= 16, "[read_pieces] need a step of 1/64 to 16 quarter notes, got {}",
                      step);
  std::vector<std::string> files;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.path().extension() == ".mid" || entry.path().extension() == ".midi")
        files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    require<DataError>(!files.empty(), "{}: need a .mid file, got none", path);
  } else if (path.ends_with(".mid") || path.ends_with(".midi")) {
    files.push_back(path);
  }
  PieceSets sets = files.empty() ? read_json(path) : PieceSets();
  for (const std::string& file : files) sets.train.push_back(read_one(file, step));
  require<DataError>(!sets.train.empty() || !sets.valid.empty() || !sets.test.empty(), "{}: need pieces, got none",
                     path);
  return sets;
}

std::string json_of(const std::vector<Piece>& pieces) {
  std::string text;
  for (const Piece& piece : pieces) text += (text.empty() ? "" : ",\n") + Json(piece).dump();
  return "[" + text + "]\n";
}

Score score_of(const Piece& piece, double step, double tempo, bool joined) {
  Score score{.tempo = tempo};
  for (size_t t = 0; t < piece.size(); ++t)
    for (const int32_t key : piece[t]) {
      const auto sounds = [&](size_t at) {
        return at < piece.size() && std::binary_search(piece[at].begin(), piece[at].end(), key);
      };
      if (joined && t > 0 && sounds(t - 1)) continue;
      size_t end = t + 1;
      while (joined && sounds(end)) ++end;
      score.notes.push_back({static_cast<double>(t) * step, static_cast<double>(end - t) * step, key});
    }
  return score;
}

Piece piece_of(const Score& score, double step) {
  Piece piece(static_cast<size_t>(std::ceil(score.length() / step - 1e-9)));
  for (const Note& note : score.notes) {
    auto t = static_cast<size_t>(std::max(0.0, std::ceil(note.begin / step - 0.5 - 1e-9)));
    for (; t < piece.size() && (static_cast<double>(t) + 0.5) * step < note.begin + note.length - 1e-9; ++t)
      piece[t].push_back(note.key);
  }
  for (Chord& chord : piece) tidy(chord);
  return piece;
}

std::pair<int32_t, int32_t> key_range(const Piece& piece) {
  std::pair<int32_t, int32_t> range = {0, -1};
  for (const Chord& chord : piece) {
    if (chord.empty()) continue;
    if (range.second < 0) range = {chord.front(), chord.back()};
    range = {std::min(range.first, chord.front()), std::max(range.second, chord.back())};
  }
  return range;
}

Piece transposed(const Piece& piece, int32_t by) {
  const auto [low, high] = key_range(piece);
  if (high >= 0 && (low + by < lowest_key || high + by >= lowest_key + key_count)) return {};
  Piece moved = piece;
  for (Chord& chord : moved)
    for (int32_t& key : chord) key += by;
  return moved;
}

}  // namespace grus::data
