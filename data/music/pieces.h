#pragma once
// Pieces as the keys that sound at each step, as a model of chords learns from them.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "data/music/score.h"

namespace grus::data {

/// The keys that sound at a step: MIDI's numbers, rising, each once.
using Chord = std::vector<int32_t>;
using Piece = std::vector<Chord>;

/// The keys of a piano.
inline constexpr int32_t lowest_key = 21, key_count = 88;

struct PieceSets {
  std::vector<Piece> train, valid, test;
};

/// Reads pieces from a JSON file, {"train": [piece, ...], "valid": ..., "test": ...} or [piece, ...], which is all
/// training, a piece a list of steps, a step a list of keys (below 0: silence); from one .mid file; or from a folder of
/// .mid files, in the order of their names. `step` is that of MIDI, in quarter notes: a key sounds at a step when it
/// does in the step's middle. Throws DataError, naming the file and the piece, for keys that a piano lacks, a piece
/// without a step, and no piece.
PieceSets read_pieces(const std::string& path, double step = 1);

/// Returns pieces as the text of a JSON file that read_pieces reads, a line each.
std::string json_of(const std::vector<Piece>& pieces);

/// Returns the notes of a piece. With `joined`, a key that sounds at several steps on end is one note.
Score score_of(const Piece& piece, double step, double tempo, bool joined);
/// Returns the keys that sound in the middle of each step.
Piece piece_of(const Score& score, double step);
/// Returns the piece with all keys moved, or nothing where one would leave the piano.
Piece transposed(const Piece& piece, int32_t by);
/// Returns the lowest and the highest key; (0, -1) of a piece without keys.
std::pair<int32_t, int32_t> key_range(const Piece& piece);

}  // namespace grus::data
