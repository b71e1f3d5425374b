#include "core/base/checksum.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <charconv>

#include "core/base/error.h"

namespace grus {
namespace {

// Inside a JSON string a quote always follows a backslash, so this text can only begin a string.
constexpr std::string_view beginning = "\"grus.crc32:";
constexpr size_t digits = 8;

constexpr std::array<uint32_t, 256> castagnoli_table() {
  constexpr uint32_t polynomial = 0x82F63B78;  // its bits reversed
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    table[byte] = crc;
  }
  return table;
}

}  // namespace

void Crc32::add(std::string_view bytes) {
  if (bytes.empty()) return;  // zlib begins anew where it is given no address
  value_ = static_cast<uint32_t>(crc32_z(value_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> table = castagnoli_table();
  uint32_t crc = ~uint32_t{0};
  for (const char byte : bytes) crc = table[(crc ^ static_cast<uint8_t>(byte)) & 0xFF] ^ crc >> 8;
  return ~crc;
}

std::string checksum_text(uint32_t crc) { return fmt::format("crc32:{:08x}", crc); }

std::string checksum_text(std::string_view bytes) {
  Crc32 crc;
  crc.add(bytes);
  return checksum_text(crc.value());
}

void close_seal(std::string& text, uint32_t crc) {
  uint32_t before = 0;
  require<UsageError>(open_seal(text, before) == Seal::found, "[checksum] need a text with one '{}', got another",
                      empty_seal);
  text.replace(text.find(beginning) + beginning.size(), digits, fmt::format("{:08x}", crc));
}

Seal open_seal(std::string& text, uint32_t& crc) {
  const size_t at = text.find(beginning);
  if (at == std::string::npos) return Seal::none;
  const size_t from = at + beginning.size();
  if (text.find(beginning, from) != std::string::npos || text.size() <= from + digits) return Seal::damaged;
  const std::string_view written = std::string_view(text).substr(from, digits);
  std::from_chars(written.data(), written.data() + digits, crc, 16);
  if (fmt::format("{:08x}", crc) != written || text[from + digits] != '"') return Seal::damaged;
  text.replace(from, digits, digits, '0');
  return Seal::found;
}

void seal(std::string& text) {
  Crc32 crc;
  crc.add(text);
  close_seal(text, crc.value());
}

Seal check_seal(std::string text) {
  uint32_t written = 0;
  const Seal found = open_seal(text, written);
  if (found != Seal::found) return found;
  Crc32 crc;
  crc.add(text);
  return crc.value() == written ? Seal::found : Seal::damaged;
}

}  // namespace grus
