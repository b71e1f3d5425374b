#pragma once
// Messages in the wire format of protocol buffers, as far as event files need it: fields are appended by number.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace grus::report {

class Message {
 public:
  Message& whole(int field, int64_t value);
  Message& real(int field, double value);                     // 64 bits
  Message& real_32(int field, double value);                  // 32 bits
  Message& reals(int field, std::span<const double> values);  // packed
  Message& bytes(int field, std::string_view value);
  Message& message(int field, const Message& value) { return bytes(field, value.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(uint64_t value);
  void key(int field, uint32_t wire_type) { varint(static_cast<uint64_t>(field) << 3 | wire_type); }
  std::string bytes_;
};

/// Appends a number as it stands in files: the lowest byte first.
void append_little_endian(std::string& out, uint64_t value, int bytes);

/// Returns a record of a TFRecord file: length, its checksum, data, its checksum. Checksums are CRC-32C, masked because
/// data may hold checksums of its own: rotated right by 15 bits, plus 0xA282EAD8.
std::string record_frame(std::string_view data);

}  // namespace grus::report
