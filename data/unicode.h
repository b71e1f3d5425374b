#pragma once
// The few rules of Unicode that text needs, on top of utf8proc.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grus::data {

struct CodePoint {
  int32_t value;
  std::string_view bytes;
};

/// Throws DataError when the text is not UTF-8.
std::vector<CodePoint> decode_utf8(std::string_view text);

bool is_digit(int32_t point);   // decimal digits of any script
bool is_letter(int32_t point);  // L*
/// Letters, marks, numbers, and format characters such as the soft hyphen: what stays within a word.
bool is_word_character(int32_t point);
/// What Python's str.split() takes for white space; U+00A0 and U+202F among it.
bool is_space(int32_t point);

/// Unicode's lower case with its special cases (final sigma, dotted I).
std::string lower_case(std::string_view text);
/// Canonical composition.
std::string compose(std::string_view text);

}  // namespace grus::data
