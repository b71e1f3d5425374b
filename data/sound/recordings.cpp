#include "data/sound/recordings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "data/read/wav.h"
#include "data/sound/augment.h"

namespace grus::data {
namespace {

namespace fs = std::filesystem;

std::vector<Recording> names_in_folder(const std::string& folder, const RecordingOptions& o) {
  std::vector<Recording> all;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.ends_with(".wav") && !name.ends_with(".wav.gz")) continue;
    const size_t until = o.label_until.empty() ? std::string::npos : name.find(o.label_until);
    require<DataError>(until != std::string::npos && until > 0, "{}: need a name LABEL{}..., got '{}'",
                       at->path().string(), o.label_until, Shown{name});
    all.push_back({.file = at->path().string(), .label = name.substr(0, until), .place = at->path().string()});
  }
  require<DataError>(!error, "{}: {}", folder, error.message());
  std::sort(all.begin(), all.end(), [](const Recording& a, const Recording& b) { return a.file < b.file; });
  return all;
}

std::vector<Recording> names_in_table(const std::string& path) {
  std::vector<Recording> all;
  int64_t number = 0;
  for (const std::string& line : read_lines(path)) {
    const std::string place = fmt::format("{}:{}", path, ++number);
    if (line.empty()) continue;
    const size_t tab = line.find('\t');
    require<DataError>(
        tab != std::string::npos && tab > 0 && tab + 1 < line.size() && line.find('\t', tab + 1) == std::string::npos,
        "{}: need FILE<TAB>LABEL, got '{}'", place, Shown{line});
    const fs::path file = line.substr(0, tab);
    all.push_back({.file = (file.is_absolute() ? file : fs::path(path).parent_path() / file).string(),
                   .label = line.substr(tab + 1),
                   .place = place});
  }
  return all;
}

}  // namespace

std::vector<float> read_recording(const std::string& file, const RecordingOptions& o) {
  const Sound sound = read_wav(file, DType::f32, Device("cpu"));
  const int64_t frames = sound.samples.dim(0), channels = sound.samples.dim(1);
  require<DataError>(sound.rate >= o.rate && sound.rate <= 64 * o.rate, "{}: need a rate from {} to {} Hz, got {}",
                     file, o.rate, 64 * o.rate, sound.rate);
  require<DataError>(frames > 0, "{}: need samples, got none", file);
  require<DataError>(static_cast<double>(frames) <= o.longest * static_cast<double>(sound.rate),
                     "{}: need at most {} seconds, got {:.2f}", file, o.longest,
                     static_cast<double>(frames) / static_cast<double>(sound.rate));
  const std::vector<float> values = sound.samples.to_vector<float>();
  std::vector<float> mono(static_cast<size_t>(frames));
  for (size_t i = 0; i < values.size(); ++i) {
    require<DataError>(std::isfinite(values[i]), "{}: need finite samples, got {} at sample {}", file, values[i],
                       i / static_cast<size_t>(channels));
    mono[i / static_cast<size_t>(channels)] += values[i] / static_cast<float>(channels);
  }
  return resampled(mono, static_cast<double>(o.rate) / static_cast<double>(sound.rate));
}

std::vector<Recording> read_recordings(const std::string& path, const RecordingOptions& o) {
  const bool folder = fs::is_directory(path);
  std::vector<Recording> all = folder ? names_in_folder(path, o) : names_in_table(path);
  require<DataError>(!all.empty(), "{}: need {}, got none", path, folder ? "a .wav file" : "a line FILE<TAB>LABEL");
  for (Recording& one : all) one.samples = read_recording(one.file, o);
  return all;
}

}  // namespace grus::data
