#pragma once
// In the place of zlib, for a build that reads no file: its checksum, and a gzip reader that opens nothing.
#include <array>
#include <cstddef>
#include <cstdint>

using Bytef = unsigned char;
using gzFile = void*;
inline constexpr int Z_OK = 0, Z_STREAM_END = 1, Z_ERRNO = -1, Z_BUF_ERROR = -5;

inline constexpr std::array<uint32_t, 256> crc32_table = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    table[byte] = crc;
  }
  return table;
}();

inline unsigned long crc32_z(unsigned long before, const Bytef* bytes, size_t count) {
  auto crc = ~static_cast<uint32_t>(before);
  for (size_t i = 0; i < count; ++i) crc = crc32_table[(crc ^ bytes[i]) & 0xFF] ^ crc >> 8;
  return ~crc;
}

inline gzFile gzopen(const char*, const char*) { return nullptr; }
inline gzFile gzdopen(int, const char*) { return nullptr; }
inline int gzbuffer(gzFile, unsigned) { return 0; }
inline int gzread(gzFile, void*, unsigned) { return -1; }
inline int gzclose_r(gzFile) { return Z_OK; }
inline const char* gzerror(gzFile, int* code) { return *code = Z_OK, ""; }
