#include "report/png.h"

#include <algorithm>

#include <zlib.h>

#include <string_view>

#include "core/base/checksum.h"
#include "core/base/error.h"

namespace grus::report {
namespace {

std::string big_endian(uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
  return out;
}

// A chunk is its length, its type and data, and the checksum of both.
std::string chunk(std::string_view type, std::string_view data) {
  Crc32 crc;
  crc.add(type);
  crc.add(data);
  std::string out = big_endian(static_cast<uint32_t>(data.size()));
  out += type;
  out += data;
  return out + big_endian(crc.value());
}

std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  const int status = compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                               reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), Z_DEFAULT_COMPRESSION);
  require<Error>(status == Z_OK, "[png] need memory to compress {} bytes, got status {} of zlib", bytes.size(), status);
  out.resize(size);
  return out;
}

char colour_type(int64_t channels) { return static_cast<char>(channels == 1 ? 0 : channels == 3 ? 2 : 6); }

}  // namespace

std::string png(const Pixels& pixels) {
  constexpr int64_t limit = INT64_C(1) << 31;
  const auto [height, width, channels, values] = pixels;
  require<UsageError>(channels == 1 || channels == 3 || channels == 4, "[png] need 1, 3 or 4 channels, got {}",
                      channels);
  require<UsageError>(height > 0 && width > 0 && height < limit && width < limit,
                      "[png] need a height and a width between 1 and 2^31 - 1, got {} x {}", height, width);
  const auto row = static_cast<size_t>(width * channels);
  require<UsageError>(values.size() / row == static_cast<size_t>(height) && values.size() % row == 0,
                      "[png] need {} x {} x {} bytes, got {}", height, width, channels, values.size());
  std::string lines;
  for (size_t at = 0; at < values.size(); at += row) {
    lines += '\0';  // no filter
    lines.append(reinterpret_cast<const char*>(values.data()) + at, row);
  }
  std::string head = big_endian(static_cast<uint32_t>(width)) + big_endian(static_cast<uint32_t>(height));
  for (const char byte : {char{8}, colour_type(channels), char{0}, char{0}, char{0}}) head += byte;
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", head) + chunk("IDAT", deflated(lines)) + chunk("IEND", "");
}

std::string data_url(std::string_view bytes, std::string_view type) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "data:" + std::string(type) + ";base64,";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) out += k <= count ? letters[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

}  // namespace grus::report
