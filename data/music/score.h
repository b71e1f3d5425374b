#pragma once
// Music as notes in time.
#include <cstdint>
#include <vector>

namespace grus::data {

/// Time is counted in quarter notes.
struct Note {
  double begin = 0, length = 1;
  int32_t key = 60;       // MIDI's number: 60 is middle C, 0 to 127
  int32_t velocity = 80;  // how hard the key is struck, 1 to 127
  int32_t channel = 0;    // 0 to 15
  bool operator==(const Note&) const = default;
};

struct Score {
  double tempo = 120;  // quarter notes a minute
  std::vector<Note> notes = {};
  std::vector<int32_t> programs = {};  // instrument of channel 0, 1, ...: General MIDI's number from 0; absent: a piano
  /// Returns where the last note ends.
  double length() const;
};

}  // namespace grus::data
