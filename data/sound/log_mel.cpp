#include "data/sound/log_mel.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/base/error.h"

namespace grus::data {
namespace {

double mel(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
double hertz(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }
double highest(const LogMelOptions& o) { return o.high > 0 ? o.high : 0.5 * static_cast<double>(o.rate); }

void check(const LogMelOptions& o) {
  const double half = 0.5 * static_cast<double>(o.rate);
  require<UsageError>(o.rate > 0 && o.rate <= 1'000'000, "[log_mel] need a rate from 1 to 1000000, got {}", o.rate);
  require<UsageError>(o.window > 0 && o.window <= 1 && o.window_samples() >= 2,
                      "[log_mel] need a window of two samples to one second, got {} s at {} Hz", o.window, o.rate);
  require<UsageError>(o.hop > 0 && o.hop <= 1 && o.hop_samples() >= 1,
                      "[log_mel] need a hop of one sample to one second, got {} s at {} Hz", o.hop, o.rate);
  require<UsageError>(o.bands >= 1 && o.bands <= 1024, "[log_mel] need 1 to 1024 bands, got {}", o.bands);
  require<UsageError>(o.low >= 0 && o.low < highest(o) && highest(o) <= half,
                      "[log_mel] need 0 <= low < high <= {} Hz, half the rate, got {} and {}", half, o.low, highest(o));
  require<UsageError>(o.floor > 0, "[log_mel] need a floor above 0, got {}", o.floor);
  require<UsageError>(o.warp >= 0.5 && o.warp <= 2, "[log_mel] need a warp from 0.5 to 2, got {}", o.warp);
}

// Frequencies up to 4/5 of the highest are multiplied, and those above go straight to the highest, which stays.
double warped(double f, const LogMelOptions& o) {
  const double top = highest(o), knee = 0.8 * top * std::min(o.warp, 1.0) / o.warp;
  if (f <= knee) return f * o.warp;
  return top - (top - o.warp * knee) * (top - f) / (top - knee);
}

// Returns the edges of the bands: band m goes from edge m over m + 1, its peak, to m + 2.
std::vector<double> edges(const LogMelOptions& o) {
  std::vector<double> all;
  const double low = mel(o.low), high = mel(highest(o));
  for (int64_t m = 0; m < o.bands + 2; ++m) {
    const double f = hertz(low + (high - low) * static_cast<double>(m) / static_cast<double>(o.bands + 1));
    all.push_back(o.warp == 1 ? f : warped(f, o));
  }
  return all;
}

struct Triangle {
  int64_t first = 0;           // bin
  std::vector<float> heights;  // of it and those behind it
};

std::vector<Triangle> triangles(const LogMelOptions& o) {
  const std::vector<double> at = edges(o);
  const double width = static_cast<double>(o.rate) / static_cast<double>(o.transform_size());
  const int64_t bins = o.transform_size() / 2 + 1;
  std::vector<Triangle> all;
  for (size_t m = 0; m + 2 < at.size(); ++m) {
    Triangle one;
    for (int64_t k = 0; k < bins; ++k) {
      const double f = static_cast<double>(k) * width;
      const double height = std::min((f - at[m]) / (at[m + 1] - at[m]), (at[m + 2] - f) / (at[m + 2] - at[m + 1]));
      if (height <= 0) continue;
      if (one.heights.empty()) one.first = k;
      one.heights.push_back(static_cast<float>(height));
    }
    if (one.heights.empty()) {
      one.first = std::clamp<int64_t>(std::llround(at[m + 1] / width), 0, bins - 1);
      one.heights.push_back(1);
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

int64_t LogMelOptions::window_samples() const { return std::llround(window * static_cast<double>(rate)); }
int64_t LogMelOptions::hop_samples() const { return std::llround(hop * static_cast<double>(rate)); }
int64_t LogMelOptions::transform_size() const {
  return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(window_samples())));
}

Tensor mel_filters(const LogMelOptions& o) {
  check(o);
  const int64_t bins = o.transform_size() / 2 + 1;
  std::vector<float> filters(static_cast<size_t>(o.bands * bins));
  int64_t row = 0;
  for (const Triangle& one : triangles(o)) {
    std::copy(one.heights.begin(), one.heights.end(), filters.begin() + row * bins + one.first);
    ++row;
  }
  return Tensor::from(filters, {o.bands, bins}, Device("cpu"));
}

Tensor log_mel(std::span<const float> samples, const LogMelOptions& o) {
  check(o);
  for (size_t i = 0; i < samples.size(); ++i)
    require<UsageError>(std::isfinite(samples[i]), "[log_mel] need finite samples, got {} at {}", samples[i], i);
  const Tensor spectrum = power_spectrum(samples, o);
  const std::vector<float> powers = spectrum.to_vector<float>();
  const std::vector<Triangle> filters = triangles(o);
  const int64_t frames = spectrum.dim(0), bins = spectrum.dim(1);
  std::vector<float> energies;
  energies.reserve(static_cast<size_t>(frames * o.bands));
  for (int64_t t = 0; t < frames; ++t)
    for (const Triangle& one : filters) {
      double sum = 0;
      const float* p = powers.data() + t * bins + one.first;
      for (size_t k = 0; k < one.heights.size(); ++k) sum += static_cast<double>(one.heights[k]) * p[k];
      energies.push_back(static_cast<float>(std::log(std::max(sum, o.floor))));
    }
  return Tensor::from(energies, {frames, o.bands}, Device("cpu"));
}

std::vector<double> band_frequencies(const LogMelOptions& o) {
  check(o);
  std::vector<double> all = edges(o);
  return {all.begin() + 1, all.end() - 1};
}

}  // namespace grus::data
