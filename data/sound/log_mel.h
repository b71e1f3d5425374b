#pragma once
// Sound as frames of mel bands, as speech recognition reads it. KISS FFT transforms it, where Grus was built with that.
// Sources: log_mel.cpp, power_spectrum.cpp.
#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::data {

struct LogMelOptions {
  int64_t rate = 8000;                 // samples a second
  double window = 0.025, hop = 0.010;  // seconds
  int64_t bands = 40;
  double low = 20, high = 0;  // Hz; 0: half the rate
  double floor = 1e-6;        // energies below count as this
  double warp = 1;            // factor of the filters' frequencies (vocal tract length; Jaitly and Hinton 2013)

  int64_t window_samples() const;
  int64_t hop_samples() const;
  int64_t transform_size() const;  // the power of 2 that holds a window
};

/// Says whether Grus was built with KISS FFT; without it log_mel and power_spectrum throw UsageError.
bool has_fourier_transform();

/// p[t, k] = |sum_i w_i x[t hop + i] exp(-2 pi i k j / size)|^2, w the Hann window (periodic).   n samples -> f32
/// (1 + n / hop, size / 2 + 1), on the host.   Frame t has its middle at sample t hop; zeros stand beyond both ends.
Tensor power_spectrum(std::span<const float> samples, const LogMelOptions& options);

/// Returns the triangles (bands, size / 2 + 1), f32: peaks at mel = 2595 log10(1 + f / 700), evenly from low to high,
/// each 1 (librosa's htk = True, norm = None). A band between two bins has the nearest one. Throws UsageError for
/// options out of range.
Tensor mel_filters(const LogMelOptions& options);

/// y[t, m] = log(max(sum_k filter[m, k] p[t, k], floor)).   n samples -> f32 (1 + n / hop, bands), on the host. Throws
/// as both above do, and UsageError for samples that are not finite.
Tensor log_mel(std::span<const float> samples, const LogMelOptions& options);

/// Returns the middle of each band in Hz.
std::vector<double> band_frequencies(const LogMelOptions& options);

}  // namespace grus::data
