#pragma once
// Music as a picture: time goes to the right, keys upwards.
#include <cstdint>
#include <string>
#include <vector>

namespace grus::report {

struct RollNote {
  double begin = 0, length = 1;  // in quarter notes
  int32_t key = 60;              // MIDI's number
  int32_t voice = 0;             // 0: grey, as what was given; 1 to 4: a colour each
};

struct PianoRoll {
  std::vector<RollNote> notes = {};
  double step = 1;                   // quarter notes of a column of `expected`
  std::vector<float> expected = {};  // (columns, 88): how likely each key from 21 on was held, drawn below the notes
  double from = -1;                  // a line stands where something begins, in quarter notes; below 0: none
  std::vector<std::string> voices = {};  // names for the legend: grey, then the colours
  std::string description = {};          // for readers who cannot see it
};

/// Draws it as SVG, 940 wide; where there is `expected`, notes are outlines. Throws UsageError for keys outside 0 to
/// 127, times that are negative or not finite, and `expected` that is no multiple of 88.
std::string piano_roll(const PianoRoll& roll);

}  // namespace grus::report
