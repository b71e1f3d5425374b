#include "core/base/printable.h"

#include <fmt/format.h>

namespace grus {
namespace {

// Returns the bytes of the character at `at`: 0 for a control character and for what is not UTF-8 (RFC 3629).
size_t shown_bytes(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0u) != 0x80) return 0;
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool no_character = (first == 0xED && byte(1) >= 0xA0) || (first == 0xF4 && byte(1) >= 0x90);
  const bool control = first == 0xC2 && byte(1) < 0xA0;  // U+0080 to U+009F
  return overlong || no_character || control ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text, size_t most) {
  std::string shown;
  for (size_t at = 0; at < text.size();) {
    const size_t length = shown_bytes(text, at);
    const std::string next = length > 0 ? std::string(text.substr(at, length))
                                        : fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at]));
    if (shown.size() + next.size() > most) return shown + "...";
    shown += next;
    at += std::max<size_t>(length, 1);
  }
  return shown;
}

}  // namespace grus
