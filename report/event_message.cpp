#include "report/event_message.h"

#include <bit>

#include "core/base/checksum.h"

namespace grus::report {
namespace {

enum WireType : uint32_t { varint_type = 0, fixed_64 = 1, of_length = 2, fixed_32 = 5 };

uint32_t masked_crc(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xA282EAD8u; }

}  // namespace

void append_little_endian(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

void Message::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
  bytes_ += static_cast<char>(value);
}

Message& Message::whole(int field, int64_t value) {
  key(field, varint_type);
  varint(static_cast<uint64_t>(value));
  return *this;
}

Message& Message::real(int field, double value) {
  key(field, fixed_64);
  append_little_endian(bytes_, std::bit_cast<uint64_t>(value), 8);
  return *this;
}

Message& Message::real_32(int field, double value) {
  key(field, fixed_32);
  append_little_endian(bytes_, std::bit_cast<uint32_t>(static_cast<float>(value)), 4);
  return *this;
}

Message& Message::reals(int field, std::span<const double> values) {
  key(field, of_length);
  varint(8 * values.size());
  for (const double value : values) append_little_endian(bytes_, std::bit_cast<uint64_t>(value), 8);
  return *this;
}

Message& Message::bytes(int field, std::string_view value) {
  key(field, of_length);
  varint(value.size());
  bytes_ += value;
  return *this;
}

std::string record_frame(std::string_view data) {
  std::string out;
  append_little_endian(out, data.size(), 8);
  append_little_endian(out, masked_crc(out), 4);
  out += data;
  append_little_endian(out, masked_crc(data), 4);
  return out;
}

}  // namespace grus::report
