#pragma once
// Event files read back: frames with their checksums, and messages field by field, with no code of the library.
#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/folder.h"

namespace grus::test {

/// CRC-32C bit by bit, as RFC 3720 describes it, and TFRecord's mask.
inline uint32_t masked(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0);
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
}

inline uint64_t little_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

/// Returns the data of each frame; a checksum that does not fit fails the test.
inline std::vector<std::string> records_of(const std::filesystem::path& file) {
  const std::string all = bytes_of(file);
  std::vector<std::string> records;
  for (std::string_view rest = all; !rest.empty();) {
    REQUIRE(rest.size() >= 16);
    const auto size = static_cast<size_t>(little_endian(rest.substr(0, 8)));
    REQUIRE(rest.size() >= 16 + size);
    CHECK(little_endian(rest.substr(8, 4)) == masked(rest.substr(0, 8)));
    CHECK(little_endian(rest.substr(12 + size, 4)) == masked(rest.substr(12, size)));
    records.emplace_back(rest.substr(12, size));
    rest.remove_prefix(16 + size);
  }
  return records;
}

/// Fields of a message by number, each as the bytes that stand behind its key (a varint as eight bytes).
using Fields = std::multimap<int, std::string>;
inline Fields fields_of(std::string_view bytes) {
  const auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes.at(0));
      bytes.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  };
  Fields fields;
  while (!bytes.empty()) {
    const uint64_t key = varint();
    std::string value;
    size_t size = 0;
    switch (key & 7) {
      case 0:
        for (uint64_t number = varint(), i = 0; i < 8; ++i) value += static_cast<char>(number >> (8 * i) & 0xFF);
        break;
      case 1:
        size = 8;
        break;
      case 2:
        size = varint();
        break;
      default:
        size = 4;
    }
    if (value.empty()) {
      REQUIRE(size <= bytes.size());
      value = bytes.substr(0, size);
      bytes.remove_prefix(size);
    }
    fields.emplace(static_cast<int>(key >> 3), value);
  }
  return fields;
}

inline const std::string& only(const Fields& fields, int number) {
  REQUIRE(fields.count(number) == 1);
  return fields.find(number)->second;
}

/// Returns the fields of a record's one value.
inline Fields value_of(const std::string& record) { return fields_of(only(fields_of(only(fields_of(record), 5)), 1)); }

}  // namespace grus::test
