// Tensors to 16-bit PCM.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "data/read/little_endian.h"
#include "data/read/text_writer.h"
#include "data/read/wav.h"

namespace grus::data {
namespace {

template <class T>
int64_t append_pcm(const std::vector<T>& values, int64_t channels, std::string& bytes) {
  int64_t cut = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto x = static_cast<double>(values[i]);
    const auto channel = static_cast<int64_t>(i) % channels, frame = static_cast<int64_t>(i) / channels;
    require<UsageError>(std::isfinite(x), "[write_wav] need finite samples, got {} at frame {}, channel {}", x, frame,
                        channel);
    const double scaled = std::nearbyint(x * 32768), held = std::clamp(scaled, -32768.0, 32767.0);
    cut += scaled != held;
    append_numbers(bytes, static_cast<int16_t>(held));
  }
  return cut;
}

}  // namespace

int64_t write_wav(const std::string& path, const Tensor& samples, int64_t rate) {
  require<UsageError>(samples.defined() && is_float(samples.dtype()), "[write_wav] need samples in f32 or f64, got {}",
                      samples.defined() ? name_of(samples.dtype()) : "an undefined tensor");
  const int64_t channels = samples.rank() == 1 ? 1 : samples.rank() == 2 ? samples.dim(1) : 0;
  require(channels > 0 && channels < 32768, "[write_wav] need samples (frames, channels), got shape {}",
          samples.shape());
  constexpr int64_t most_rate = std::numeric_limits<uint32_t>::max();
  require<UsageError>(rate > 0 && rate <= most_rate / (2 * channels), "[write_wav] need a rate from 1 to {}, got {}",
                      most_rate / (2 * channels), rate);
  constexpr int64_t most_samples = (int64_t{1} << 31) - 64;
  require<UsageError>(samples.numel() <= most_samples, "[write_wav] need at most 4 GB, got {} samples",
                      samples.numel());
  const auto size = static_cast<uint32_t>(2 * samples.numel());
  std::string bytes = "RIFF";
  append_numbers(bytes, 36 + size);
  bytes += "WAVEfmt ";
  append_numbers(bytes, uint32_t{16}, uint16_t{1}, static_cast<uint16_t>(channels), static_cast<uint32_t>(rate),
                 static_cast<uint32_t>(rate * channels * 2), static_cast<uint16_t>(channels * 2), uint16_t{16});
  bytes += "data";
  append_numbers(bytes, size);
  const int64_t cut = samples.dtype() == DType::f32 ? append_pcm(samples.to_vector<float>(), channels, bytes)
                                                    : append_pcm(samples.to_vector<double>(), channels, bytes);
  TextWriter out(path);
  out.write(bytes);
  out.commit();
  return cut;
}

}  // namespace grus::data
