#pragma once
// Sound that is changed a little, so that a model hears more voices and rooms than its recordings have.
// Sources: augment.cpp, resample.cpp.
#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor/random.h"

namespace grus::data {

/// y[j] = x(j / ratio), band-limited: a windowed sinc of 16 zero crossings a side, whose cutoff is the lower of both
/// rates' halves.   n samples -> round(n ratio), ratio = new rate / old rate.   Played at the old rate, the sound is
/// 1 / ratio times as fast and as high. Throws UsageError for a ratio outside [1/64, 64].
std::vector<float> resampled(std::span<const float> samples, double ratio);

/// Ranges of random changes; 0 leaves a property as it is.
struct SoundChange {
  double speed = 0;   // speed and pitch by a factor of [1 - speed, 1 + speed]
  double shift = 0;   // silence before and behind, up to so many seconds each
  double noise = 0;   // white noise of up to this share of the sound's root mean square
  double gain = 0;    // a factor of [1 - gain, 1 + gain]
  double colour = 0;  // sum over three cosines along the bands, each times a normal number of this deviation
  double warp = 0;    // LogMelOptions::warp of [1 - warp, 1 + warp]
  int64_t time_masks = 0,
          band_masks = 0;  // spans of frames and of bands that become the mean (SpecAugment; Park et al. 2019)
  double time_width = 0.1, band_width = 0.2;  // the longest span, as a share of all frames or bands
};

/// Returns the samples with another speed, silence, noise and gain.
std::vector<float> changed(std::span<const float> samples, int64_t rate, const SoundChange& change, Rng& rng);
/// Draws the factor of the filters' frequencies.
double drawn_warp(const SoundChange& change, Rng& rng);
/// Returns frames (T, bands) plus the curve of `colour` over the bands, as another microphone or room would add it,
/// their masked spans 0.
Tensor masked(const Tensor& frames, const SoundChange& change, Rng& rng);

}  // namespace grus::data
