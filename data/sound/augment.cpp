#include "data/sound/augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/error.h"

namespace grus::data {
namespace {

double uniform(double low, double high, Rng& rng) {
  return random_uniform({}, low, high, rng, DType::f64, Device("cpu")).item<double>();
}

double factor(double range, Rng& rng) { return range > 0 ? uniform(1 - range, 1 + range, rng) : 1; }

double root_mean_square(std::span<const float> samples) {
  double sum = 0;
  for (const float x : samples) sum += static_cast<double>(x) * x;
  return samples.empty() ? 0 : std::sqrt(sum / static_cast<double>(samples.size()));
}

// Draws spans that begin anywhere, and returns which of <count> places none of them covers.
std::vector<float> uncovered(int64_t count, int64_t spans, double width, Rng& rng) {
  std::vector<float> kept(static_cast<size_t>(count), 1);
  for (int64_t s = 0; s < spans; ++s) {
    const auto length = static_cast<int64_t>(uniform(0, width * static_cast<double>(count) + 1, rng));
    const auto begin = static_cast<int64_t>(uniform(0, static_cast<double>(count - length + 1), rng));
    const auto at = kept.begin() + std::min(begin, count);
    std::fill(at, at + std::min(length, count - begin), 0.0F);
  }
  return kept;
}

// Returns c_1 cos(pi x) + c_2 cos(2 pi x) + c_3 cos(3 pi x) at the bands' places x between 0 and 1.
std::vector<float> curve_over(int64_t bands, double deviation, Rng& rng) {
  std::vector<float> curve(static_cast<size_t>(bands), 0);
  if (deviation == 0) return curve;
  const std::vector<double> c = random_normal({3}, 0, deviation, rng, DType::f64, Device("cpu")).to_vector<double>();
  for (size_t m = 0; m < curve.size(); ++m) {
    const double x = (static_cast<double>(m) + 0.5) / static_cast<double>(bands);
    for (size_t j = 0; j < c.size(); ++j)
      curve[m] += static_cast<float>(c[j] * std::cos(std::numbers::pi * static_cast<double>(j + 1) * x));
  }
  return curve;
}

}  // namespace

std::vector<float> changed(std::span<const float> samples, int64_t rate, const SoundChange& change, Rng& rng) {
  std::vector<float> out = resampled(samples, 1 / factor(change.speed, rng));
  if (change.shift > 0) {
    const double most = change.shift * static_cast<double>(rate);
    out.insert(out.begin(), static_cast<size_t>(uniform(0, most, rng)), 0.0F);
    out.insert(out.end(), static_cast<size_t>(uniform(0, most, rng)), 0.0F);
  }
  const double gain = factor(change.gain, rng);
  const double level = change.noise > 0 ? uniform(0, change.noise, rng) * root_mean_square(samples) : 0;
  std::vector<float> noise(out.size(), 0.0F);
  if (level > 0) noise = random_normal({std::ssize(out)}, 0, level, rng, DType::f32, Device("cpu")).to_vector<float>();
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(gain) * (out[i] + noise[i]);
  return out;
}

double drawn_warp(const SoundChange& change, Rng& rng) { return factor(change.warp, rng); }

Tensor masked(const Tensor& frames, const SoundChange& change, Rng& rng) {
  require<ShapeError>(frames.rank() == 2, "[masked] need frames (T, bands), got {}", frames.shape());
  if (change.time_masks == 0 && change.band_masks == 0 && change.colour == 0) return frames;
  const int64_t steps = frames.dim(0), bands = frames.dim(1);
  const std::vector<float> curve = curve_over(bands, change.colour, rng);
  const std::vector<float> times = uncovered(steps, change.time_masks, change.time_width, rng),
                           heights = uncovered(bands, change.band_masks, change.band_width, rng);
  std::vector<float> values = frames.to_vector<float>();
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t band = i % static_cast<size_t>(bands);
    values[i] = (values[i] + curve[band]) * times[i / static_cast<size_t>(bands)] * heights[band];
  }
  return Tensor::from(values, frames.shape(), frames.device());
}

}  // namespace grus::data
