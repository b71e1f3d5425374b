#include "data/text/word_tokenizer.h"

#include <utf8proc.h>

#include "data/text/unicode.h"

namespace grus::data {
namespace {

bool is_apostrophe(int32_t point) { return point == '\'' || point == 0x2019; }

// Tells whether the code point at i, which belongs to no word, holds the words before and after it together.
bool joins(const std::vector<CodePoint>& points, size_t i) {
  if (i == 0 || i + 1 >= points.size()) return false;
  const auto before = points[i - 1].value, here = points[i].value, after = points[i + 1].value;
  if (here == '-' || here == '_' || here == 0x2010) return is_word_character(before) && is_word_character(after);
  return (here == '.' || here == ',') && is_digit(before) && is_digit(after);
}

// Returns one past the end of the piece that begins at i.
size_t piece_end(const std::vector<CodePoint>& points, size_t i) {
  size_t end = i + 1;
  if (!is_word_character(points[i].value)) {
    while (end < points.size() && points[end].value == points[i].value) ++end;
    return end;
  }
  while (end < points.size() && (is_word_character(points[end].value) || joins(points, end))) ++end;
  if (end + 1 < points.size() && is_apostrophe(points[end].value) && is_letter(points[end + 1].value)) ++end;
  return end;
}

// Spacing says where a piece wants no space.
struct Spacing {
  bool none_before = false, none_after = false;
};

Spacing spacing_of_sign(const CodePoint& sign) {
  constexpr std::string_view closing = ".,!?;:%\u2026\u3002\u3001";
  switch (utf8proc_category(sign.value)) {
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PI:
      return {.none_before = false, .none_after = true};
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PF:
      return {.none_before = true, .none_after = false};
    default:
      break;
  }
  if (sign.value == '/') return {.none_before = true, .none_after = true};
  if (sign.value == 0xBF || sign.value == 0xA1 || sign.value == '@' || sign.value == '#') return {false, true};
  return {closing.find(sign.bytes) != std::string_view::npos, false};
}

class WordTokenizer : public Tokenizer {
 public:
  std::string kind() const override { return "word"; }

  std::vector<std::string> tokenize(std::string_view line) const override {
    const std::string text = compose(lower_case(line));
    const std::vector<CodePoint> points = decode_utf8(text);
    std::vector<std::string> pieces;
    for (size_t i = 0; i < points.size();) {
      if (is_space(points[i].value) || utf8proc_category(points[i].value) == UTF8PROC_CATEGORY_CC) {
        ++i;
        continue;
      }
      const size_t end = piece_end(points, i);
      const char* last = points[end - 1].bytes.data() + points[end - 1].bytes.size();
      pieces.emplace_back(points[i].bytes.data(), last);
      i = end;
    }
    return pieces;
  }

  std::string detokenize(const std::vector<std::string>& pieces) const override {
    std::string text;
    bool glue = true;  // no space before the next piece
    bool quoted = false, single_quoted = false;
    bool after_currency = false;
    for (const std::string& piece : pieces) {
      const std::vector<CodePoint> points = decode_utf8(piece);
      if (points.empty()) continue;
      if (after_currency && is_digit(points.front().value)) glue = true;  // "$" "5"
      after_currency = utf8proc_category(points.front().value) == UTF8PROC_CATEGORY_SC;
      Spacing spacing;
      if (piece == "\"" || piece == "'") {
        bool& open = piece == "\"" ? quoted : single_quoted;
        spacing = {.none_before = open, .none_after = !open};
        open = !open;
      } else if (is_word_character(points.front().value)) {
        spacing.none_after = is_apostrophe(points.back().value);  // "l'" "eau"
      } else {
        spacing = spacing_of_sign(points.front());
      }
      if (!glue && !spacing.none_before) text += ' ';
      text += piece;
      glue = spacing.none_after;
    }
    return text;
  }
};

}  // namespace

std::unique_ptr<Tokenizer> word_tokenizer() { return std::make_unique<WordTokenizer>(); }

}  // namespace grus::data
