#include "data/read/wav.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/base/printable.h"
#include "data/read/byte_reader.h"
#include "data/read/little_endian.h"

namespace grus::data {
namespace {

constexpr uint16_t pcm = 1, ieee_float = 3, extensible = 0xFFFE;
constexpr uint32_t until_end = 0xFFFFFFFFu;  // the data's size, where a program wrote to a pipe
// The end of every extensible format's GUID, whose first two bytes are the format's number.
constexpr std::string_view guid_tail("\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71", 14);

struct Format {
  uint16_t code = 0, channels = 0, bits = 0;
  uint32_t rate = 0;
  size_t frame_bytes() const { return size_t{channels} * bits / 8; }
};

std::string_view name_of_format(uint16_t code) {
  switch (code) {
    case 2:
    case 17:
      return " (ADPCM)";
    case 6:
      return " (A-law)";
    case 7:
      return " (mu-law)";
    case 0x55:
      return " (MP3)";
    default:
      return "";
  }
}

Format parse_format(std::string_view chunk, const std::string& file, uint64_t begin) {
  require<DataError>(chunk.size() >= 16, "{}: need a format of at least 16 bytes at byte {}, got {}", file, begin,
                     chunk.size());
  Format format{.code = number_at<uint16_t>(chunk, 0),
                .channels = number_at<uint16_t>(chunk, 2),
                .bits = number_at<uint16_t>(chunk, 14),
                .rate = number_at<uint32_t>(chunk, 4)};
  if (format.code == extensible) {
    require<DataError>(chunk.size() >= 40 && chunk.substr(26, guid_tail.size()) == guid_tail,
                       "{}: need an extensible format of 40 bytes with a known GUID at byte {}, got another", file,
                       begin);
    format.code = number_at<uint16_t>(chunk, 24);
  }
  require<DataError>(format.code == pcm || format.code == ieee_float,
                     "{}: need PCM or float samples at byte {}, got format {}{}", file, begin, format.code,
                     name_of_format(format.code));
  const uint16_t bits = format.bits;
  const bool known =
      format.code == pcm ? bits == 8 || bits == 16 || bits == 24 || bits == 32 : bits == 32 || bits == 64;
  require<DataError>(known, "{}: need {} bits a sample at byte {}, got {}", file,
                     format.code == pcm ? "8, 16, 24 or 32" : "32 or 64", begin, bits);
  const auto block = number_at<uint16_t>(chunk, 12);
  require<DataError>(
      format.channels > 0 && format.rate > 0 && block == format.frame_bytes(),
      "{}: need channels, a rate and frames of channels x bits at byte {}, got {} channels of {} bits in "
      "{} bytes, at {} Hz",
      file, begin, format.channels, bits, block, format.rate);
  return format;
}

// PCM of fewer than 32 bits stands in the upper bytes of an int32.
double sample_at(std::string_view bytes, size_t at, const Format& format) {
  if (format.code == ieee_float)
    return format.bits == 32 ? static_cast<double>(number_at<float>(bytes, at)) : number_at<double>(bytes, at);
  if (format.bits == 8) return (static_cast<unsigned char>(bytes[at]) - 128) * 0x1p-7;
  if (format.bits == 16) return number_at<int16_t>(bytes, at) * 0x1p-15;
  uint32_t bits = 0;
  const size_t size = format.bits / 8u;
  std::memcpy(reinterpret_cast<char*>(&bits) + 4 - size, bytes.data() + at, size);
  return static_cast<int32_t>(bits) * 0x1p-31;
}

template <class T>
Tensor tensor_of(std::string_view bytes, const Format& format, Device device) {
  const size_t size = format.bits / 8u;
  std::vector<T> values(bytes.size() / size);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(sample_at(bytes, i * size, format));
  const auto frames = static_cast<int64_t>(bytes.size() / format.frame_bytes());
  return Tensor::from(values, {frames, int64_t{format.channels}}, device);
}

std::string read_to_end(ByteSource& file, size_t frame) {
  std::string bytes = file.take_rest(until_end, "samples");
  bytes.erase(bytes.size() - bytes.size() % frame);  // a pipe may end within a frame
  return bytes;
}

std::string read_data(ByteSource& file, uint32_t size, const Format& format) {
  if (size == until_end) return read_to_end(file, format.frame_bytes());
  require<DataError>(size % format.frame_bytes() == 0, "{}: need frames of {} bytes at byte {}, got {} bytes of data",
                     file.name(), format.frame_bytes(), file.position(), size);
  return file.take(size, "samples");
}

struct Chunk {
  std::string name;
  uint32_t size = 0;
  uint64_t begin = 0;
};

Chunk next_chunk(ByteSource& file) {
  const uint64_t begin = file.position();
  char first = 0;
  require<DataError>(file.read(&first, 1) == 1, "{}: need a chunk 'data', got the end of the file at byte {}",
                     file.name(), begin);
  const std::string head = std::string(1, first) + file.take(7, "a chunk's head");
  return {head.substr(0, 4), number_at<uint32_t>(head, 4), begin};
}

Format read_format(ByteSource& file, const Chunk& chunk) {
  require<DataError>(chunk.size <= 1024, "{}: need a format of at most 1024 bytes at byte {}, got {}", file.name(),
                     chunk.begin, chunk.size);
  return parse_format(file.take(chunk.size, "a format"), file.name(), chunk.begin);
}

}  // namespace

Sound read_wav(const std::string& path, DType dtype, Device device) {
  require<DtypeError>(is_float(dtype), "[read_wav] need f32 or f64, got {}", dtype);
  ByteReader file(path);
  const std::string start = file.take(12, "a WAVE file's beginning");
  require<DataError>(start.starts_with("RIFF") && start.ends_with("WAVE"), "{}: need 'RIFF....WAVE', got '{}'",
                     file.name(), Shown{start});
  Format format;
  Chunk chunk = next_chunk(file);
  for (; chunk.name != "data"; chunk = next_chunk(file)) {
    if (chunk.name == "fmt ") {
      format = read_format(file, chunk);
    } else {
      const uint64_t passed = file.skip(chunk.size);
      require<DataError>(passed == chunk.size, "{}: need {} bytes of chunk '{}' at byte {}, got {}", file.name(),
                         chunk.size, Shown{chunk.name}, chunk.begin, passed);
    }
    file.skip(chunk.size % 2);  // chunks begin at even bytes
  }
  require<DataError>(format.channels > 0, "{}: need a chunk 'fmt ' before 'data' at byte {}, got none", file.name(),
                     chunk.begin);
  const std::string bytes = read_data(file, chunk.size, format);
  return {dtype == DType::f32 ? tensor_of<float>(bytes, format, device) : tensor_of<double>(bytes, format, device),
          format.rate};
}

}  // namespace grus::data
