#pragma once
// A sound as a picture: its bands over time, and below, frame by frame, what a model takes it for.
#include <cstdint>
#include <string>
#include <vector>

namespace grus::report {

/// A value between 0 and 1 for each frame; its name stands at its highest point.
struct SoundCurve {
  std::string name;
  std::vector<float> values;
};

/// A mark stands above the bands, at a frame.
struct SoundMark {
  std::string text;
  double frame = 0;
};

struct SoundPicture {
  int64_t bands = 0;
  std::vector<float> energies;      // (frames, bands), in any unit: the loudest are darkest
  double hop = 0.01;                // seconds from a frame to the next
  std::vector<double> frequencies;  // Hz of the bands, rising
  std::string description = {};     // for readers who cannot see it
  std::vector<SoundMark> marks = {};
  std::vector<SoundCurve> curves = {};
  std::string curves_title = {};
};

/// Draws it as SVG, 480 wide. Throws UsageError for energies or frequencies that are not as many as the bands ask for.
std::string sound_picture(const SoundPicture& picture);

}  // namespace grus::report
