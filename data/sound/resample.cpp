#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "data/sound/augment.h"

namespace grus::data {
namespace {

constexpr int crossings = 16, steps = 512;  // zero crossings a side, samples of the kernel between two

// Returns sinc(x) under a Hann window at x = i / steps.
const std::vector<float>& kernel() {
  static const std::vector<float> table = [] {
    std::vector<float> values;
    for (int i = 0; i <= crossings * steps; ++i) {
      const double x = static_cast<double>(i) / steps, pi = std::numbers::pi;
      const double sinc = i == 0 ? 1 : std::sin(pi * x) / (pi * x);
      values.push_back(static_cast<float>(sinc * (0.5 + 0.5 * std::cos(pi * x / crossings))));
    }
    values.push_back(0);
    return values;
  }();
  return table;
}

}  // namespace

std::vector<float> resampled(std::span<const float> samples, double ratio) {
  require<UsageError>(ratio >= 1.0 / 64 && ratio <= 64, "[resampled] need a ratio from 1/64 to 64, got {}", ratio);
  if (ratio == 1) return {samples.begin(), samples.end()};
  const std::vector<float>& table = kernel();
  const auto count = std::ssize(samples);
  const double cutoff = std::min(1.0, ratio), reach = crossings / cutoff;
  std::vector<float> out(static_cast<size_t>(std::llround(static_cast<double>(count) * ratio)));
  for (size_t j = 0; j < out.size(); ++j) {
    const double at = static_cast<double>(j) / ratio;
    const auto first = std::max<int64_t>(0, static_cast<int64_t>(std::ceil(at - reach)));
    const auto last = std::min<int64_t>(count - 1, static_cast<int64_t>(std::floor(at + reach)));
    double sum = 0;
    for (int64_t i = first; i <= last; ++i) {
      const double x = std::abs(at - static_cast<double>(i)) * cutoff * steps;
      const auto k = static_cast<size_t>(x);
      const double part = x - static_cast<double>(k);
      sum += samples[static_cast<size_t>(i)] * (table[k] + part * static_cast<double>(table[k + 1] - table[k]));
    }
    out[j] = static_cast<float>(sum * cutoff);
  }
  return out;
}

}  // namespace grus::data
