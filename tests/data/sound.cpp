// Recordings with labels, and their random changes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "data/read/wav.h"
#include "data/sound/augment.h"
#include "data/sound/recordings.h"
#include "data/text/ctc_path.h"
#include "tests/data/files.h"

using namespace grus;
using namespace grus::data;
using test::Folder;
using test::message_of;

namespace {

std::string tone(const Folder& folder, const std::string& name, int64_t count, int64_t rate, int64_t channels = 1) {
  std::vector<float> samples;
  for (int64_t i = 0; i < count * channels; ++i)
    samples.push_back(static_cast<float>(0.5 * std::sin(0.05 * static_cast<double>(i / channels))));
  write_wav(folder.path(name), Tensor::from(samples, {count, channels}), rate);
  return folder.path(name);
}

std::string refused_recordings(const std::string& path) {
  return message_of<DataError>([&] { read_recordings(path); });
}

}  // namespace

TEST_CASE("recordings: a folder's names begin with labels, a table names files beside it") {
  const Folder folder;
  std::filesystem::create_directory(folder.path("w"));
  tone(folder, "w/two_b.wav", 100, 8000);
  tone(folder, "w/one_a.wav", 200, 8000, 2);
  folder.file("w/readme.txt", "no sound");
  const std::vector<Recording> all = read_recordings(folder.path("w"));
  REQUIRE(all.size() == 2);
  CHECK(all[0].label == "one");
  CHECK(all[0].samples.size() == 200);
  CHECK(all[0].samples[10] == doctest::Approx(0.5 * std::sin(0.5)).epsilon(1e-3));
  CHECK(all[1].label == "two");
  const std::vector<Recording> named =
      read_recordings(folder.file("t.tsv", "w/two_b.wav\tzwei\n\nw/one_a.wav\teins zwei\n"));
  REQUIRE(named.size() == 2);
  CHECK(named[0].label == "zwei");
  CHECK(named[1].place.ends_with("t.tsv:3"));
}

TEST_CASE("recordings: a higher rate is brought down, a lower one refused") {
  const Folder folder;
  const std::vector<float> samples = read_recording(tone(folder, "a.wav", 1600, 16000));
  CHECK(samples.size() == 800);
  CHECK(samples[100] == doctest::Approx(0.5 * std::sin(0.05 * 200)).epsilon(1e-2));
  CHECK(message_of<DataError>([&] {
          read_recording(tone(folder, "b.wav", 10, 4000));
        }).ends_with("b.wav: need a rate from 8000 to 512000 Hz, got 4000"));
}

TEST_CASE("recordings: what cannot be read is one line that names the file or the line") {
  const Folder folder;
  tone(folder, "a.wav", 10, 8000);
  CHECK(refused_recordings(folder.file("t.tsv", "a.wav\tx\nb.wav x\n"))
            .ends_with("t.tsv:2: need FILE<TAB>LABEL, got 'b.wav x'"));
  CHECK(refused_recordings(folder.file("u.tsv", "a.wav\tx\ty\n")).find("u.tsv:1: need FILE<TAB>LABEL") !=
        std::string::npos);
  CHECK(refused_recordings(folder.file("e.tsv", "\n")).ends_with("e.tsv: need a line FILE<TAB>LABEL, got none"));
  CHECK(refused_recordings(folder.root().string()).ends_with("a.wav: need a name LABEL_..., got 'a.wav'"));
  CHECK(refused_recordings(folder.file("m.tsv", "missing.wav\tx\n")).find("missing.wav") != std::string::npos);
  std::filesystem::create_directory(folder.path("none"));
  CHECK(refused_recordings(folder.path("none")).ends_with("none: need a .wav file, got none"));
  tone(folder, "none/x_0.wav", 0, 8000);
  CHECK(refused_recordings(folder.path("none")).ends_with("x_0.wav: need samples, got none"));
  tone(folder, "none/x_0.wav", 8000 * 31, 8000);
  CHECK(refused_recordings(folder.path("none")).ends_with("x_0.wav: need at most 30 seconds, got 31.00"));
  folder.file("none/x_0.wav", "no sound at all");
  CHECK(refused_recordings(folder.path("none")).find("x_0.wav: need 'RIFF....WAVE'") != std::string::npos);
}

TEST_CASE("augment: no change is no change, and each one does what it says") {
  const std::vector<float> samples(800, 0.25F);
  Rng rng(1);
  CHECK(changed(samples, 8000, {}, rng) == samples);
  const std::vector<float> later = changed(samples, 8000, {.shift = 0.05}, rng);
  CHECK(later.size() > 800);
  CHECK(later.size() <= 1600);
  CHECK(std::accumulate(later.begin(), later.end(), 0.0) == doctest::Approx(200));
  const std::vector<float> faster = changed(samples, 8000, {.speed = 0.2}, rng);
  CHECK(faster.size() != 800);
  CHECK(faster.size() >= 666);
  CHECK(faster.size() <= 1000);
  const std::vector<float> noisy = changed(samples, 8000, {.noise = 0.5}, rng);
  CHECK(noisy != samples);
  const std::vector<float> louder = changed(samples, 8000, {.gain = 0.5}, rng);
  CHECK(louder[0] != 0.25F);
  CHECK(louder[0] == louder[799]);
  CHECK(drawn_warp({}, rng) == 1);
}

TEST_CASE("augment: masked spans of frames and bands are zero, and no wider than asked for") {
  Rng rng(2);
  const Tensor frames = Tensor::full({50, 20}, 1, DType::f32, Device("cpu"));
  CHECK(masked(frames, {}, rng).to_vector<float>() == frames.to_vector<float>());
  const std::vector<float> coloured = masked(frames, {.colour = 0.5}, rng).to_vector<float>();
  CHECK(coloured[0] != coloured[19]);
  CHECK(coloured[3] == coloured[23]);  // alike in all frames
  const SoundChange change{.time_masks = 1, .band_masks = 1, .time_width = 0.2, .band_width = 0.25};
  bool any = false;
  for (int i = 0; i < 20; ++i) {
    const std::vector<float> values = masked(frames, change, rng).to_vector<float>();
    int64_t silent_frames = 0, silent_bands = 0;
    for (size_t t = 0; t < 50; ++t)
      silent_frames +=
          std::all_of(values.begin() + t * 20, values.begin() + (t + 1) * 20, [](float x) { return x == 0; });
    for (size_t m = 0; m < 20; ++m) {
      bool silent = true;
      for (size_t t = 0; t < 50; ++t) silent = silent && values[t * 20 + m] == 0;
      silent_bands += silent;
    }
    CHECK(silent_frames <= 11);
    CHECK(silent_bands <= 6);
    any = any || silent_frames + silent_bands > 0;
  }
  CHECK(any);
}

TEST_CASE("ctc_best_path: repetitions are joined, blanks part them, and padding counts for nothing") {
  // Two sequences of 5 and 3 frames over blank, a, b; the frame's likeliest symbol is given.
  const std::vector<std::vector<int64_t>> said = {{1, 1, 0, 1, 2}, {0, 2, 2, 1, 1}};
  std::vector<float> values(5 * 2 * 3, -5);
  for (size_t b = 0; b < 2; ++b)
    for (size_t t = 0; t < 5; ++t) values[(t * 2 + b) * 3 + static_cast<size_t>(said[b][t])] = -0.1F;
  const auto paths = ctc_best_path(Tensor::from(values, {5, 2, 3}), {5, 3});
  REQUIRE(paths[0].size() == 3);
  CHECK(paths[0][0].id == 1);
  CHECK(paths[0][0].begin == 0);
  CHECK(paths[0][0].end == 2);
  CHECK(paths[0][1].id == 1);
  CHECK(paths[0][2].id == 2);
  REQUIRE(paths[1].size() == 1);
  CHECK(paths[1][0].id == 2);
  CHECK(paths[1][0].end == 3);
  CHECK(message_of<ShapeError>([&] {
          ctc_best_path(Tensor::from(values, {5, 2, 3}), {5});
        }) == "[ctc_best_path] need log_probs (T, 1, C), got (5, 2, 3)");
}
