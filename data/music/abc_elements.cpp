#include "data/music/abc_elements.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "data/read/text.h"

namespace grus::data::abc {
namespace {

constexpr std::string_view letters = "CDEFGAB";
constexpr std::array<int, 7> half_tones = {0, 2, 4, 5, 7, 9, 11};
constexpr int none = 99;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char at_or_zero(std::string_view text, size_t at) { return at < text.size() ? text[at] : '\0'; }

// Reads a whole number of at most three digits, or 0.
int read_number(std::string_view text, size_t& at) {
  int value = 0;
  for (int digits = 0; digits < 3 && is_digit(at_or_zero(text, at)); ++digits) value = 10 * value + (text[at++] - '0');
  return value;
}

// "3/8" is 1.5 quarter notes.
double fraction(std::string_view text, double otherwise) {
  size_t at = 0;
  const int above = read_number(text, at);
  if (above == 0 || at_or_zero(text, at) != '/') return otherwise;
  const int below = read_number(text, ++at);
  return below == 0 ? otherwise : 4.0 * above / below;
}

double tempo_of(std::string_view text, double otherwise) {
  const size_t equal = text.find('=');
  const double beat = equal == std::string_view::npos ? 1 : fraction(text, 1);
  size_t at = equal == std::string_view::npos ? 0 : equal + 1;
  const double tempo = read_number(text, at) * beat;
  return tempo >= 20 && tempo <= 400 ? tempo : otherwise;
}

}  // namespace

bool take_field(std::string_view line, Head& head) {
  if (line.size() < 2 || line[1] != ':' || !std::isalpha(static_cast<unsigned char>(line[0]))) return false;
  const std::string_view value = trimmed(line.substr(2, line.find('%', 2) - 2));
  if (value.starts_with('|') || value.starts_with(':')) return false;  // "G:|" is a note before a repeat's end
  switch (line[0]) {
    case 'T':
      if (head.title.empty()) head.title = value;
      break;
    case 'K':
      head.key = value;
      break;
    case 'L':
      head.unit = fraction(value, head.unit);
      break;
    case 'M':
      head.metre = (value == "C" || value == "C|" ? 4 : fraction(value, 4)) / 4;
      break;
    case 'Q':
      head.tempo = tempo_of(value, head.tempo);
      break;
    default:
      break;
  }
  return true;
}

std::array<int, 7> signature(std::string_view key) {
  std::array<int, 7> raised = {};
  const size_t letter = letters.find(at_or_zero(key, 0));
  if (letter == std::string_view::npos) return raised;
  constexpr std::array<int, 7> of_major = {0, 2, 4, -1, 1, 3, 5};
  int sharps = of_major[letter];
  size_t at = 1;
  if (at_or_zero(key, at) == '#') sharps += 7, ++at;
  else if (at_or_zero(key, at) == 'b') sharps -= 7, ++at;
  while (at_or_zero(key, at) == ' ') ++at;
  std::string mode;
  for (; std::isalpha(static_cast<unsigned char>(at_or_zero(key, at))) && mode.size() < 3; ++at)
    mode += static_cast<char>(std::tolower(static_cast<unsigned char>(key[at])));
  constexpr std::pair<std::string_view, int> modes[] = {{"m", -3},   {"min", -3}, {"aeo", -3}, {"dor", -2},
                                                        {"mix", -1}, {"phr", -4}, {"lyd", 1},  {"loc", -5}};
  for (const auto& [name, more] : modes)
    if (mode == name) sharps += more;
  constexpr std::string_view order = "FCGDAEB";
  for (int i = 0; i < std::min(sharps, 7); ++i) ++raised[letters.find(order[static_cast<size_t>(i)])];
  for (int i = 0; i < std::min(-sharps, 7); ++i) --raised[letters.find(order[static_cast<size_t>(6 - i)])];
  return raised;
}

std::vector<int32_t> chord_keys(std::string_view symbol) {
  const size_t letter = letters.find(at_or_zero(symbol, 0));
  if (letter == std::string_view::npos) return {};
  int root = 48 + half_tones[letter];
  size_t at = 1;
  if (at_or_zero(symbol, at) == '#') ++root, ++at;
  else if (at_or_zero(symbol, at) == 'b') --root, ++at;
  const std::string_view kind = symbol.substr(at);
  const bool diminished = kind.starts_with("dim"),
             small = diminished || (kind.starts_with("m") && !kind.starts_with("maj"));
  std::vector<int32_t> keys = {root, root + (small ? 3 : 4), root + (diminished ? 6 : kind.starts_with("aug") ? 8 : 7)};
  if (kind.find('7') != std::string_view::npos) keys.push_back(root + (kind.starts_with("maj") ? 11 : 10));
  return keys;
}

Body::Body(const Head& head) {
  accidentals_.fill(none);
  change(head);
}

void Body::change(const Head& head) {
  unit_ = head.unit > 0 ? head.unit : head.metre < 0.75 ? 0.25 : 0.5;
  signature_ = signature(head.key);
}

int64_t Body::read(std::string_view line) {
  line = line.substr(0, line.find('%'));
  int64_t ignored = 0;
  for (size_t at = 0; at < line.size();)
    if (!read_one(line, at)) {
      ignored += !std::isspace(static_cast<unsigned char>(line[at])) && line[at] != '\\';
      ++at;
    }
  return ignored;
}

void Body::add(Element element) {
  element.length *= broken_ * (tuplet_left_ > 0 ? tuplet_ : 1);
  broken_ = 1;
  if (tuplet_left_ > 0) --tuplet_left_;
  elements.push_back(std::move(element));
}

double Body::read_length(std::string_view line, size_t& at) const {
  double length = unit_;
  if (const int times = read_number(line, at); times > 0) length *= times;
  while (at_or_zero(line, at) == '/') {
    const int parts = read_number(line, ++at);
    length /= parts > 0 ? parts : 2;
  }
  return length;
}

bool Body::read_note(std::string_view line, size_t& at, std::vector<int32_t>& keys) {
  size_t to = at;
  int raised = none;
  for (; at_or_zero(line, to) == '^' || at_or_zero(line, to) == '_' || at_or_zero(line, to) == '='; ++to)
    raised = (raised == none ? 0 : raised) + (line[to] == '^') - (line[to] == '_');
  const char name = at_or_zero(line, to);
  const size_t letter = letters.find(static_cast<char>(std::toupper(static_cast<unsigned char>(name))));
  if (name == '\0' || letter == std::string_view::npos) return false;
  int octave = std::islower(static_cast<unsigned char>(name)) ? 6 : 5;  // of MIDI: key 60 begins octave 5
  for (++to; at_or_zero(line, to) == '\'' || at_or_zero(line, to) == ','; ++to) octave += line[to] == '\'' ? 1 : -1;
  octave = std::clamp(octave, 0, 10);
  int& kept = accidentals_[letter + 7 * static_cast<size_t>(octave)];
  if (raised != none) kept = std::clamp(raised, -2, 2);
  const int key = 12 * octave + half_tones[letter] + (kept != none ? kept : signature_[letter]);
  keys.push_back(std::clamp(key, 0, 127));
  at = to;
  return true;
}

// [CEG] is a chord; [1 and [2 are endings; [K:D] changes the key.
bool Body::read_bracket(std::string_view line, size_t& at) {
  const size_t close = line.find(']', at);
  if (is_digit(at_or_zero(line, at + 1))) {
    elements.push_back({.kind = Element::Kind::ending, .ending = line[at + 1] - '0'});
    at += 2;
    return true;
  }
  if (close == std::string_view::npos) return false;
  const std::string_view inside = line.substr(at + 1, close - at - 1);
  if (at_or_zero(inside, 1) == ':') {
    Head head{.title = {}, .key = {}, .unit = unit_};
    take_field(inside, head);
    if (!head.key.empty()) signature_ = signature(head.key);
    unit_ = head.unit;
    at = close + 1;
    return true;
  }
  Element chord{.kind = Element::Kind::notes};
  for (size_t i = 0; i < inside.size();) {
    if (!read_note(inside, i, chord.keys)) ++i;
    else if (const double length = read_length(inside, i); chord.keys.size() == 1) chord.length = length / unit_;
  }
  if (chord.keys.empty()) return false;
  at = close + 1;
  chord.length *= read_length(line, at);
  add(std::move(chord));
  return true;
}

bool Body::read_bar(std::string_view line, size_t& at) {
  const size_t begin = at;
  while (at_or_zero(line, at) == '|' || at_or_zero(line, at) == ':') ++at;
  if (at_or_zero(line, at) == ']') ++at;
  const std::string_view bar = line.substr(begin, at - begin);
  accidentals_.fill(none);
  elements.push_back({.kind = Element::Kind::bar});
  if (bar.starts_with(":")) elements.push_back({.kind = Element::Kind::repeat_end});
  if (bar.ends_with(":")) elements.push_back({.kind = Element::Kind::repeat_begin});
  if (const char digit = at_or_zero(line, at); digit == '1' || digit == '2') {
    elements.push_back({.kind = Element::Kind::ending, .ending = digit - '0'});
    ++at;
  }
  return true;
}

bool Body::read_tuplet(std::string_view line, size_t& at) {
  const int notes = is_digit(at_or_zero(line, at + 1)) ? line[at + 1] - '0' : 0;
  if (notes < 2) return false;
  tuplet_ = notes == 2 || notes == 4 || notes == 8 ? (notes == 2 ? 1.5 : 3.0 / notes) : 2.0 / notes;
  tuplet_left_ = notes;
  at += 2;
  return true;
}

bool Body::read_one(std::string_view line, size_t& at) {
  const char c = line[at];
  if (c == '|' || (c == ':' && (at_or_zero(line, at + 1) == '|' || at_or_zero(line, at + 1) == ':')))
    return read_bar(line, at);
  if (c == '[') return read_bracket(line, at);
  if (c == '(' && is_digit(at_or_zero(line, at + 1))) return read_tuplet(line, at);
  if (c == '"' || c == '!' || c == '{') {
    const size_t close = line.find(c == '{' ? '}' : c, at + 1);
    if (close == std::string_view::npos) return false;
    if (c == '"') {
      Element symbol{.kind = Element::Kind::symbol, .keys = chord_keys(line.substr(at + 1, close - at - 1))};
      if (!symbol.keys.empty()) elements.push_back(std::move(symbol));
    }
    at = close + 1;
    return true;
  }
  if (c == '>' || c == '<') {
    if (elements.empty() || elements.back().kind != Element::Kind::notes) return false;
    elements.back().length *= c == '>' ? 1.5 : 0.5;
    broken_ = c == '>' ? 0.5 : 1.5;
    ++at;
    return true;
  }
  if (c == '-') {
    if (elements.empty() || elements.back().kind != Element::Kind::notes) return false;
    elements.back().tied = true;
    ++at;
    return true;
  }
  if (c == 'z' || c == 'x') {
    ++at;
    add({.kind = Element::Kind::rest, .length = read_length(line, at)});
    return true;
  }
  if (c == '(' || c == ')' || c == '~' || c == '.') return ++at, true;
  Element note{.kind = Element::Kind::notes};
  if (!read_note(line, at, note.keys)) return false;
  note.length = read_length(line, at);
  add(std::move(note));
  return true;
}

}  // namespace grus::data::abc
