#pragma once
// Checksums of the files that Grus writes: CRC-32 (IEEE 802.3, as in zlib), which detects every flipped bit and every
// burst of up to 32 bits, and misses one in 2^32 of all other changes.
#include <cstdint>
#include <string>
#include <string_view>

namespace grus {

class Crc32 {
 public:
  void add(std::string_view bytes);
  uint32_t value() const { return value_; }

 private:
  uint32_t value_ = 0;
};

/// Returns CRC-32C (Castagnoli 1993; RFC 3720, section B.4), which others' formats bear.
uint32_t crc32c(std::string_view bytes);

/// Returns the checksum as text: "crc32:" and eight hexadecimal digits.
std::string checksum_text(uint32_t crc);
std::string checksum_text(std::string_view bytes);

/// The seal is the string by which JSON bears its own checksum. It is written with zeros at first; they become the
/// checksum of the text with zeros in that place.
inline constexpr const char* empty_seal = "grus.crc32:00000000";
enum class Seal { none, damaged, found };
/// Writes `crc` into the seal. Throws UsageError unless the text has exactly one.
void close_seal(std::string& text, uint32_t crc);
/// Turns the seal back to zeros and puts its checksum into `crc`. A text with more than one seal, or with one that
/// lacks its eight digits, is damaged.
Seal open_seal(std::string& text, uint32_t& crc);

/// seal() closes the seal of JSON that is in one piece; check_seal() compares the text with its seal: found, none
/// (there is no seal) or damaged.
void seal(std::string& text);
Seal check_seal(std::string text);

}  // namespace grus
