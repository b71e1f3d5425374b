#pragma once
// Standard MIDI files (RP-001).
// Sources: midi.cpp, write_midi.cpp.
#include <string>

#include "data/music/score.h"

namespace grus::data {

/// Returns the bytes of a file of format 0, 480 ticks a quarter note: tempo, instruments, and notes as events sorted by
/// time, ends before beginnings. Throws UsageError for a tempo outside [4, 1000], a key, velocity or channel out of
/// range, and times that are negative or not finite.
std::string midi_bytes(const Score& score);
/// Writes them whole or not at all.
void write_midi(const std::string& path, const Score& score);

/// Reads a file of format 0 or 1 whose time is in ticks a quarter note: notes of all tracks, sorted by begin, then key;
/// the first tempo; the last instrument of each channel. A note that never ends, ends with its track. Throws DataError
/// with the byte for what is damaged, of another format, or cut short.
Score read_midi(const std::string& path);

}  // namespace grus::data
