#pragma once
// The few rules of Unicode that text needs, on top of utf8proc, in whose place a browser has its own.
// Sources: unicode.cpp, deploy/browser/unicode.cpp.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grus::data {

struct CodePoint {
  int32_t value;
  std::string_view bytes;
};

/// Decodes UTF-8. Throws DataError when the text is none.
std::vector<CodePoint> decode_utf8(std::string_view text);

bool is_digit(int32_t point);   // decimal digits of any script
bool is_letter(int32_t point);  // L*
/// Tells whether a character stays within a word: letters, marks, numbers, and format characters (soft hyphen).
bool is_word_character(int32_t point);
/// Tells whether Python's str.split() takes a character for white space, as it does U+00A0 and U+202F.
bool is_space(int32_t point);

/// Returns Unicode's lower case with its special cases (final sigma, dotted I).
std::string lower_case(std::string_view text);
/// Returns the canonical composition (NFC).
std::string compose(std::string_view text);

}  // namespace grus::data
