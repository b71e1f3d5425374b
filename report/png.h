#pragma once
// Pictures of pixels as PNG (ISO/IEC 15948), without filters.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace grus::report {

/// Pixels are bytes (height, width, channels), row by row; 1 channel is grey, 3 are red, green and blue, 4 have
/// opacity.
struct Pixels {
  int64_t height = 0, width = 0, channels = 1;
  std::span<const uint8_t> values;
};

/// Returns the bytes of a file. Throws UsageError for other channels, a side below 1 or of 2^31 and more, and another
/// number of bytes.
std::string png(const Pixels& pixels);

/// Returns bytes as the address that holds them ("data:image/png;base64,..."; RFC 2397).
std::string data_url(std::string_view bytes, std::string_view type);

}  // namespace grus::report
