#pragma once
// How many keys predictive text saves.
#include <functional>

#include "language/suggest.h"

namespace grus::language {

/// Keys that text costs. Each character is a key, and so are the space or line end behind a word.
struct Keystrokes {
  int64_t words = 0, characters = 0, keys = 0;
  double saved() const { return 1 - static_cast<double>(keys) / static_cast<double>(characters); }
};

/// Returns the keys of one word. Before each character, the first as well, `offers(typed)` gives words; where the word
/// is among them, one key takes it with the space behind it. Else the next character is typed.
int64_t keys_for(std::string_view word, const std::function<std::vector<Suggestion>(std::string_view typed)>& offers);

/// Types lines as keys_for() does, with `count` suggestions at each key, and at most `words` of them (0: all). Where
/// punctuation follows a word that was taken, the space gives way to it and is a key behind it. The model reads every
/// word that was typed, and state is carried from line to line.
Keystrokes count_keystrokes(Cursor cursor, const Suggester& suggester, std::span<const std::string> lines,
                            bool knows_unknown, int64_t count = 3, int64_t words = 0);

}  // namespace grus::language
