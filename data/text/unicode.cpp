#include "data/text/unicode.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include "core/base/error.h"

namespace grus::data {
namespace {

constexpr int32_t capital_sigma = 0x3A3, final_sigma = 0x3C2, dotted_capital_i = 0x130, combining_dot = 0x307;

bool is_cased(int32_t point) {
  const auto c = utf8proc_category(point);
  return c == UTF8PROC_CATEGORY_LU || c == UTF8PROC_CATEGORY_LL || c == UTF8PROC_CATEGORY_LT;
}

// Tells whether a character may stand between a sigma and the letter that decides its form.
bool is_case_ignorable(int32_t point) {
  switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      break;
  }
  return point == '\'' || point == '.' || point == ':' || point == 0xB7 || point == 0x2018 || point == 0x2019;
}

// A sigma ends a word when a letter comes before it and none after it.
bool is_final(const std::vector<CodePoint>& points, size_t i) {
  size_t before = i;
  while (before > 0 && is_case_ignorable(points[before - 1].value)) --before;
  if (before == 0 || !is_cased(points[before - 1].value)) return false;
  size_t after = i + 1;
  while (after < points.size() && is_case_ignorable(points[after].value)) ++after;
  return after == points.size() || !is_cased(points[after].value);
}

void append(std::string& text, int32_t point) {
  utf8proc_uint8_t bytes[4];
  const auto length = utf8proc_encode_char(point, bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
}

}  // namespace

std::vector<CodePoint> decode_utf8(std::string_view text) {
  std::vector<CodePoint> points;
  points.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    CodePoint point{};
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                         static_cast<utf8proc_ssize_t>(text.size() - at), &point.value);
    require<DataError>(length > 0, "[unicode] need UTF-8, got an invalid sequence at byte {}", at + 1);
    point.bytes = text.substr(at, static_cast<size_t>(length));
    points.push_back(point);
    at += static_cast<size_t>(length);
  }
  return points;
}

bool is_digit(int32_t point) { return utf8proc_category(point) == UTF8PROC_CATEGORY_ND; }

bool is_letter(int32_t point) {
  const auto c = utf8proc_category(point);
  return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

bool is_word_character(int32_t point) {
  const auto c = utf8proc_category(point);
  return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_NO) || c == UTF8PROC_CATEGORY_CF;
}

bool is_space(int32_t point) {
  const auto c = utf8proc_category(point);
  return (point >= 0x09 && point <= 0x0D) || (point >= 0x1C && point <= 0x1F) || point == 0x85 ||
         (c >= UTF8PROC_CATEGORY_ZS && c <= UTF8PROC_CATEGORY_ZP);
}

std::string lower_case(std::string_view text) {
  const std::vector<CodePoint> points = decode_utf8(text);
  std::string lowered;
  lowered.reserve(text.size() + 1);
  for (size_t i = 0; i < points.size(); ++i) {
    const int32_t point = points[i].value;
    if (point == capital_sigma && is_final(points, i)) {
      append(lowered, final_sigma);
    } else if (point == dotted_capital_i) {
      lowered += 'i';
      append(lowered, combining_dot);
    } else {
      append(lowered, utf8proc_tolower(point));
    }
  }
  return lowered;
}

std::string compose(std::string_view text) {
  utf8proc_uint8_t* composed = nullptr;
  const auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &composed, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(composed, &std::free);
  require<DataError>(length >= 0, "[unicode] need UTF-8, got: {}", utf8proc_errmsg(length));
  return {reinterpret_cast<const char*>(composed), static_cast<size_t>(length)};
}

}  // namespace grus::data
