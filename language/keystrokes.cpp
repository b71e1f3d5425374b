#include "language/keystrokes.h"

#include "data/read/text.h"

namespace grus::language {

int64_t keys_for(std::string_view word, const std::function<std::vector<Suggestion>(std::string_view typed)>& offers) {
  const std::vector<std::string_view> points = data::split_code_points(word);
  size_t typed = 0;
  for (size_t i = 0; i < points.size(); typed += points[i++].size()) {
    for (const Suggestion& offer : offers(word.substr(0, typed)))
      if (offer.word == word) return static_cast<int64_t>(i) + 1;
  }
  return static_cast<int64_t>(points.size()) + 1;
}

Keystrokes count_keystrokes(Cursor cursor, const Suggester& suggester, std::span<const std::string> lines,
                            bool knows_unknown, int64_t count, int64_t words) {
  Keystrokes all;
  const int32_t end = data::EOS;
  for (const std::string& line : lines) {
    bool begins = true;
    for (const std::string& word : suggester.words(line)) {
      if (words > 0 && all.words == words) return all;
      const std::string_view core = suggester.core_of(word);
      const auto length = [](std::string_view text) { return std::ssize(data::split_code_points(text)); };
      const int64_t behind = length(word) - length(core), typed_out = length(core) + 1;
      const int64_t keys =
          keys_for(core, [&](std::string_view typed) { return suggester(cursor, typed, begins, count); });
      // The space that came with a word gives way to a sign behind it, and is a key behind the sign.
      all.keys += keys + behind + (behind > 0 && keys < typed_out ? 1 : 0);
      all.characters += length(word) + 1;
      ++all.words;
      suggester.read_word(cursor, word, std::exchange(begins, false), knows_unknown);
    }
    cursor.read(std::span(&end, 1));
  }
  return all;
}

}  // namespace grus::language
