#pragma once
// Checksums of the files that Grus writes: CRC-32 (IEEE 802.3, zlib's), which sees every flipped bit and every burst of
// up to 32, and misses one in 2^32 of all other changes.
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

/// The checksum as text: "crc32:" and eight hexadecimal digits.
std::string checksum_text(uint32_t crc);
std::string checksum_text(std::string_view bytes);

/// JSON that bears its own checksum holds, as one string, a seal: at first this, and once all bytes are known the
/// checksum of them with these zeros.
inline constexpr const char* empty_seal = "grus.crc32:00000000";
enum class Seal { none, damaged, found };
/// Writes `crc` into the seal. Throws UsageError unless the text has exactly one.
void close_seal(std::string& text, uint32_t crc);
/// Turns the seal back to zeros, with its checksum in `crc`. Damaged: more than one, or one without its eight digits.
Seal open_seal(std::string& text, uint32_t& crc);

/// JSON in one piece. seal() closes its seal; check_seal() says whether what it holds is what was sealed: found, none
/// (the text has no seal), or damaged.
void seal(std::string& text);
Seal check_seal(std::string text);

}  // namespace grus
