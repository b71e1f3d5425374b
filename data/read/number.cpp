#include "data/read/number.h"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace grus::data {
namespace {

std::string_view without_spaces(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

template <class T>
bool parse_all(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// Doubles leave integers out from 2^53 on; a name of 17 digits must not become its neighbour.
bool is_rounded_integer(std::string_view text, double value) {
  if (std::abs(value) < 0x1p53 || text.find_first_of(".eEn") != std::string_view::npos) return false;
  int64_t exact = 0;
  return !parse_all(text, exact) || value >= 0x1p63 || static_cast<int64_t>(value) != exact;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  text = without_spaces(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  if (!parse_all(text, value) || std::isnan(value) || is_rounded_integer(text, value)) return std::nullopt;
  return value;
}

}  // namespace grus::data
