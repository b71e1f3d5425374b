#include "data/sound/log_mel.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/base/error.h"
#include "data/read/npy.h"
#include "data/sound/augment.h"
#include "tests/data/files.h"
#include "tests/support/golden.h"
#include "tests/support/skip.h"

using namespace grus;
using namespace grus::data;
using test::message_of;

namespace {

NpzFile log_mel_golden() {
  const char* folder = std::getenv("GRUS_GOLDEN");
  return NpzFile(std::string(folder ? folder : "tests/golden") + "/log_mel.npz");
}

LogMelOptions options(double window, double hop, int64_t bands, double low, double high) {
  return {.window = window / 8000, .hop = hop / 8000, .bands = bands, .low = low, .high = high};
}

}  // namespace

TEST_CASE("log_mel: spectra, filters and frames are librosa's") {
  if (!has_fourier_transform()) return test::skip("built without KISS FFT");
  const NpzFile file = log_mel_golden();
  const std::vector<float> samples = file.read("samples").to_vector<float>();
  const std::vector<std::pair<std::string, LogMelOptions>> cases = {{"digits", options(200, 80, 40, 20, 0)},
                                                                    {"narrow", options(256, 100, 12, 300, 3400)},
                                                                    {"fine", options(64, 64, 8, 0, 4000)}};
  for (const auto& [name, o] : cases) {
    CAPTURE(name);
    CHECK(test::difference(power_spectrum(samples, o), file.read(name + ".power")) < 2e-5);
    CHECK(test::difference(mel_filters(o), file.read(name + ".filters")) < 1e-6);
    CHECK(test::difference(log_mel(samples, o), file.read(name + ".log_mel")) < 1e-4);
  }
}

TEST_CASE("log_mel: a sound without samples is one frame of the floor") {
  if (!has_fourier_transform()) return test::skip("built without KISS FFT");
  const Tensor frames = log_mel({}, {.bands = 3});
  CHECK(frames.shape() == Shape{1, 3});
  for (const double x : test::values_of(frames)) CHECK(x == doctest::Approx(std::log(1e-6)));
}

TEST_CASE("log_mel: a tone stands in the band of its frequency, and a warp moves the band below it") {
  if (!has_fourier_transform()) return test::skip("built without KISS FFT");
  std::vector<float> tone(4000);
  for (size_t i = 0; i < tone.size(); ++i)
    tone[i] = static_cast<float>(std::sin(2 * 3.14159265 * 1000 / 8000 * static_cast<double>(i)));
  const auto loudest = [&](double warp) {
    const LogMelOptions o{.warp = warp};
    const std::vector<double> frame = test::values_of(log_mel(tone, o)[25]);
    return std::pair(std::max_element(frame.begin(), frame.end()) - frame.begin(), band_frequencies(o));
  };
  const auto [plain, frequencies] = loudest(1);
  CHECK(std::abs(frequencies[static_cast<size_t>(plain)] - 1000) < 60);
  CHECK(loudest(1.2).first < plain);
  CHECK(loudest(0.8).first > plain);
  CHECK(loudest(1.2).second.back() < 4000);
}

TEST_CASE("log_mel: filters narrower than a bin take the nearest one") {
  const Tensor filters = mel_filters({.window = 0.004, .bands = 40});
  for (int64_t m = 0; m < 40; ++m) {
    const std::vector<double> row = test::values_of(filters[m]);
    CHECK(*std::max_element(row.begin(), row.end()) > 0);
  }
}

TEST_CASE("log_mel: options out of range and samples that are not finite are refused in one line") {
  const std::vector<float> two = {0, std::numeric_limits<float>::infinity()};
  const auto refused = [&](const LogMelOptions& o) { return message_of<UsageError>([&] { log_mel(two, o); }); };
  CHECK(refused({}) == "[log_mel] need finite samples, got inf at 1");
  CHECK(refused({.rate = 0}).starts_with("[log_mel] need a rate from 1"));
  CHECK(refused({.window = 1e-6}).starts_with("[log_mel] need a window of two samples"));
  CHECK(refused({.hop = 0}).starts_with("[log_mel] need a hop of one sample"));
  CHECK(refused({.bands = 0}) == "[log_mel] need 1 to 1024 bands, got 0");
  CHECK(refused({.high = 5000}) == "[log_mel] need 0 <= low < high <= 4000 Hz, half the rate, got 20 and 5000");
  CHECK(refused({.floor = 0}) == "[log_mel] need a floor above 0, got 0");
  CHECK(refused({.warp = 3}) == "[log_mel] need a warp from 0.5 to 2, got 3");
}

TEST_CASE("resampled: values are those of a windowed sinc summed over all samples") {
  const NpzFile file = log_mel_golden();
  std::vector<float> samples = file.read("samples").to_vector<float>();
  samples.resize(300);
  for (const char* ratio : {"0.5", "0.9", "1.25"}) {
    CAPTURE(ratio);
    const std::vector<float> out = resampled(samples, std::atof(ratio));
    CHECK(test::difference(Tensor::from(out), file.read(std::string("resampled.") + ratio)) < 1e-5);
  }
  CHECK(resampled(samples, 1) == samples);
  CHECK(resampled({}, 2).empty());
  CHECK(message_of<UsageError>([&] { resampled(samples, 0); }) == "[resampled] need a ratio from 1/64 to 64, got 0");
}
