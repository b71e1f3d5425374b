#pragma once
// Recordings with what is said in them, as a recogniser learns from them.
#include <cstdint>
#include <string>
#include <vector>

namespace grus::data {

struct Recording {
  std::string file, label;
  std::vector<float> samples = {};  // at the rate asked for, the mean of all channels
  std::string place = {};           // where the label stands: "FILE:LINE", or the recording's own name
};

struct RecordingOptions {
  int64_t rate = 8000;            // Hz; recordings of a higher rate are resampled
  double longest = 30;            // seconds
  std::string label_until = "_";  // in names of files of a folder
};

/// Reads one .wav file. Throws DataError for a rate below the one asked for or above 64 times it, no samples, more than
/// `longest`, samples that are not finite, and as read_wav does.
std::vector<float> read_recording(const std::string& file, const RecordingOptions& options = {});

/// Reads a folder of .wav files (or .wav.gz), whose names begin with the label, in the order of their names, or a file
/// of lines "FILE<TAB>LABEL", whose files stand beside it. Throws DataError that names the file, or its line, for what
/// has no label or cannot be read, and for no recording at all.
std::vector<Recording> read_recordings(const std::string& path, const RecordingOptions& options = {});

}  // namespace grus::data
