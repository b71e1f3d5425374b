#include "report/markup.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cmath>

namespace grus::report {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// Splits the first character off; a byte that begins none gives code -1.
std::string_view next_character(std::string_view& text, utf8proc_int32_t& code) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const utf8proc_ssize_t size = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &code);
  const std::string_view character = text.substr(0, size > 0 ? static_cast<size_t>(size) : 1);
  if (size <= 0) code = -1;
  text.remove_prefix(character.size());
  return character;
}

bool allowed_in_xml(utf8proc_int32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code != 0xFFFE && code != 0xFFFF;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  utf8proc_int32_t code = 0;
  while (!text.empty()) {
    const std::string_view character = next_character(text, code);
    switch (code) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += allowed_in_xml(code) ? character : replacement;
    }
  }
  return out;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  utf8proc_int32_t code = 0;
  while (!text.empty()) {
    const std::string_view character = next_character(text, code);
    out += code < 0 ? replacement : character;
  }
  return out;
}

int64_t columns(std::string_view text) {
  int64_t width = 0;
  utf8proc_int32_t code = 0;
  while (!text.empty()) {
    next_character(text, code);
    width += code < 0 ? 1 : utf8proc_charwidth(code);
  }
  return width;
}

std::string shortened(std::string_view text, int64_t most) {
  if (columns(text) <= most) return std::string(text);
  std::string out;
  int64_t width = 1;  // width of the ellipsis
  utf8proc_int32_t code = 0;
  while (!text.empty()) {
    const std::string_view character = next_character(text, code);
    width += columns(character);
    if (width > most) break;
    out += character;
  }
  return out + "…";
}

std::string grouped(int64_t number) {
  std::string digits = fmt::format("{}", number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string rounded_count(double count) {
  if (count >= 999.5e6) return fmt::format("{:.3g} G", count / 1e9);
  if (count >= 999.5e3) return fmt::format("{:.3g} M", count / 1e6);
  return grouped(count >= 10000 ? std::llround(count / 100) * 100 : std::llround(count));
}

std::string duration(double seconds) {
  if (seconds < 99.5) return fmt::format("{:.0f} s", seconds);
  const int64_t minutes = std::llround(seconds / 60);
  return minutes < 100 ? fmt::format("{} min", minutes) : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string shaded(const std::vector<Shade>& pieces, std::string_view between) {
  std::string markup;
  for (const Shade& piece : pieces)
    append(markup, "<span style=\"background:rgba(42,120,214,{:.2f})\" title=\"{}\">{}</span>{}",
           0.6 * std::clamp(piece.share, 0.0, 1.0), escape(piece.title), escape(piece.text), between);
  return markup;
}

}  // namespace grus::report
