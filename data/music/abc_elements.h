#pragma once
// The music of a tune as elements in the order of its text, before repeats are played.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grus::data::abc {

struct Element {
  enum class Kind { notes, rest, symbol, repeat_begin, repeat_end, ending, bar } kind;
  std::vector<int32_t> keys = {};  // of notes, of a chord symbol
  double length = 0;               // quarter notes
  bool tied = false;               // to the next notes
  int ending = 0;                  // 1 or 2
};

/// What stands before the music.
struct Head {
  std::string title = {}, key = "C";
  double unit = 0;  // quarter notes of a letter; 0: what the metre asks for
  double metre = 1, tempo = 120;
};

/// Takes a line "K:Am" into the head. Returns false for a line that is no field.
bool take_field(std::string_view line, Head& head);

/// Returns how many half tones the key raises each of C D E F G A B.
std::array<int, 7> signature(std::string_view key);

/// Reads the music of a line, appending to `elements`; returns how many characters meant nothing.
class Body {
 public:
  explicit Body(const Head& head);
  int64_t read(std::string_view line);
  /// Reads on in another key or unit, as fields within a tune ask for.
  void change(const Head& head);
  std::vector<Element> elements = {};

 private:
  bool read_one(std::string_view line, size_t& at);
  bool read_note(std::string_view line, size_t& at, std::vector<int32_t>& keys);
  bool read_bracket(std::string_view line, size_t& at);
  bool read_bar(std::string_view line, size_t& at);
  bool read_tuplet(std::string_view line, size_t& at);
  double read_length(std::string_view line, size_t& at) const;
  void add(Element element);

  double unit_ = 0.5, broken_ = 1, tuplet_ = 1;
  int tuplet_left_ = 0;
  std::array<int, 7> signature_ = {};
  std::array<int, 7 * 12> accidentals_ = {};  // of the bar, by letter and octave; `none` where there is none
};

/// Returns the keys of a chord symbol ("Am7"), in the octave below middle C; none for another text.
std::vector<int32_t> chord_keys(std::string_view symbol);

}  // namespace grus::data::abc
