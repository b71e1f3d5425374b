#pragma once
// Sound in RIFF WAVE files.
// Sources: wav.cpp, write_wav.cpp.
#include <cstdint>
#include <string>

#include "core/tensor/tensor.h"

namespace grus::data {

struct Sound {
  Tensor samples;    // (frames, channels)
  int64_t rate = 0;  // frames a second
};

/// Reads a .wav file, plain or gzip: PCM of 8, 16, 24 or 32 bits, float of 32 or 64, also as WAVE_FORMAT_EXTENSIBLE.
/// PCM of n bits is divided by 2^(n-1), so that it lies in [-1, 1); floats are taken as they are. `dtype` is f32 or f64
/// (f32 rounds 32 bits of PCM). Throws DataError, with the byte, for other formats and for damaged or missing chunks.
Sound read_wav(const std::string& path, DType dtype = DType::f32, Device device = default_device());

/// Writes (frames, channels), or (frames) of one channel, as 16-bit PCM, round(32768 x), whole or not at all; a name in
/// ".gz" is packed. Samples beyond a 16-bit number are cut to it; returns how many were. Throws UsageError for samples
/// that are not finite, no channel, and more than 4 GB.
int64_t write_wav(const std::string& path, const Tensor& samples, int64_t rate);

}  // namespace grus::data
