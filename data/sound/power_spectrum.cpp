#include <cmath>
#include <cstdlib>
#include <memory>
#include <numbers>

#include "core/base/error.h"
#include "data/sound/log_mel.h"

#if GRUS_KISSFFT
#include <kiss_fftr.h>
#endif

namespace grus::data {

bool has_fourier_transform() {
#if GRUS_KISSFFT
  return true;
#else
  return false;
#endif
}

#if GRUS_KISSFFT
Tensor power_spectrum(std::span<const float> samples, const LogMelOptions& o) {
  const int64_t size = o.transform_size(), hop = o.hop_samples(), width = o.window_samples(), bins = size / 2 + 1;
  const auto count = std::ssize(samples), frames = 1 + count / hop;
  std::vector<float> window(static_cast<size_t>(size)), frame(window);
  for (int64_t i = 0; i < width; ++i)
    window[static_cast<size_t>((size - width) / 2 + i)] = static_cast<float>(
        0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(width)));
  // It holds room for a transform, so that each call needs one of its own.
  const std::unique_ptr<kiss_fftr_state, decltype(&std::free)> plan(
      kiss_fftr_alloc(static_cast<int>(size), 0, nullptr, nullptr), &std::free);
  require<Error>(plan != nullptr, "[power_spectrum] need memory for a transform of {}, got none", size);
  std::vector<kiss_fft_cpx> spectrum(static_cast<size_t>(bins));
  std::vector<float> powers;
  powers.reserve(static_cast<size_t>(frames * bins));
  for (int64_t t = 0; t < frames; ++t) {
    for (int64_t i = 0; i < size; ++i) {
      const int64_t at = t * hop - size / 2 + i;
      const auto k = static_cast<size_t>(i);
      frame[k] = at >= 0 && at < count ? window[k] * samples[static_cast<size_t>(at)] : 0;
    }
    kiss_fftr(plan.get(), frame.data(), spectrum.data());
    for (const kiss_fft_cpx& c : spectrum) powers.push_back(c.r * c.r + c.i * c.i);
  }
  return Tensor::from(powers, {frames, bins}, Device("cpu"));
}
#else
Tensor power_spectrum(std::span<const float>, const LogMelOptions&) {
  fail<UsageError>("[power_spectrum] need Grus built with KISS FFT (Debian's libkissfft-dev), got one without");
}
#endif

}  // namespace grus::data
