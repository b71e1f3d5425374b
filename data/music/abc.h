#pragma once
// Tunes in ABC notation (the standard's version 2.1, of one voice).
// Sources: abc.cpp.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/music/score.h"

namespace grus::data {

struct Tune {
  std::string title;
  Score score;          // channel 0 the melody, channel 1 the chords of symbols like "Am"
  int64_t ignored = 0;  // characters of its music that mean nothing
};

/// Reads the tunes of a text, each from a line "X:" on; before the first such line nothing is read, and a text without
/// one is one tune. It knows keys and modes, note lengths, accidentals to the bar's end, broken rhythm, tuplets, ties,
/// chords in brackets and as symbols, repeats and their endings; the rest of the notation is left out, so that a text
/// that a model writes is a tune as far as it goes. Throws DataError "NAME: need a note, got none" where no tune has
/// one.
std::vector<Tune> parse_abc(std::string_view text, const std::string& name);
/// Reads the tunes of a plain or gzip file of at most 64 MiB; "-" is standard input. Throws DataError as parse_abc
/// does.
std::vector<Tune> read_abc(const std::string& path);

}  // namespace grus::data
