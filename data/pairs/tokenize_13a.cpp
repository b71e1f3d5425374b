// The tokenizer of mteval-v13a.pl, rule by rule. Its signs are ASCII, so bytes do for code points.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "data/pairs/bleu.h"
#include "data/pairs/ngrams.h"

namespace grus::data {
namespace {

// Replaces from left to right, without looking again at what was put in.
void replace_all(std::string& text, std::string_view from, std::string_view to) {
  size_t at = text.find(from);
  if (at == std::string::npos) return;
  std::string replaced = text.substr(0, at);
  while (at != std::string::npos) {
    const size_t rest = at + from.size();
    at = text.find(from, rest);
    replaced.append(to).append(text, rest, at - rest);
  }
  text = std::move(replaced);
}

bool digit(char c) { return c >= '0' && c <= '9'; }
bool point_or_comma(char c) { return c == '.' || c == ','; }

// Tells whether c is ASCII punctuation other than ' , - . and the space itself.
bool apart(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') ||
         (c >= ':' && c <= '@') || c == '/';
}

// Puts the wanted spaces around every pair of neighbours that `matches`; a character takes part in one pair only.
template <class Match>
std::string space_pairs(std::string_view text, Match matches, std::array<std::string_view, 3> spaces) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !matches(text[i], text[i + 1])) {
      out += text[i];
      continue;
    }
    out.append(spaces[0]) += text[i];
    out.append(spaces[1]) += text[i + 1];
    out.append(spaces[2]);
    ++i;
  }
  return out;
}

}  // namespace

std::string tokenize_13a(std::string_view line) {
  std::string text(line);
  replace_all(text, "<skipped>", "");
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&amp;", "&");
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
  std::string spaced = " ";
  for (const char c : text) {
    if (apart(c)) spaced += ' ';
    spaced += c;
    if (apart(c)) spaced += ' ';
  }
  spaced += ' ';
  spaced = space_pairs(spaced, [](char a, char b) { return !digit(a) && point_or_comma(b); }, {"", " ", " "});
  spaced = space_pairs(spaced, [](char a, char b) { return point_or_comma(a) && !digit(b); }, {" ", " ", ""});
  spaced = space_pairs(spaced, [](char a, char b) { return digit(a) && b == '-'; }, {"", " ", " "});
  return fmt::format("{}", fmt::join(split_white_space(spaced), " "));
}

}  // namespace grus::data
