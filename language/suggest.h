#pragma once
// Predictive text: the words that a language model finds likeliest next.
#include "language/cursor.h"

namespace grus::language {

struct Suggestion {
  std::string word;
  double probability = 0;  // of the whole word, as if none had been typed
};

/// Suggests the likeliest words behind a cursor that begin with `typed` ("" takes any), likeliest first; words are what
/// has a letter or a digit. Where pieces are words, all words of the vocabulary are compared. Where they are
/// characters or parts of words, a beam spells words, and one ends where the next piece begins another, a line's end or
/// punctuation: the probability is that of its pieces and of ending there.
class Suggester {
 public:
  /// Throws UsageError for a beam below 1.
  explicit Suggester(const data::Codec& codec, int64_t beam = 16);
  /// The cursor stands behind whole words; `line_begins` says that none of this line is there.
  std::vector<Suggestion> operator()(Cursor& cursor, std::string_view typed, bool line_begins, int64_t count = 3) const;
  /// Suggests for a line that is being typed: behind a space the next words, else the completions of its last word.
  /// `before` stands behind the lines above. Throws as known_ids() does.
  std::vector<Suggestion> of_line(Cursor before, std::string_view line, bool knows_unknown, int64_t count = 3) const;

  /// Reads a whole word on. Throws as known_ids() does.
  void read_word(Cursor& cursor, const std::string& word, bool line_begins, bool knows_unknown) const;
  /// Returns a word without the punctuation at its end, which is never suggested; of a vocabulary of words, all of it.
  std::string_view core_of(std::string_view word) const;
  /// Returns the words of a line, which are typed one by one.
  std::vector<std::string> words(std::string_view line) const;

 private:
  enum class Role : uint8_t { never, begins, goes_on, both, ends };  // of a piece, in a word
  /// A word that is being spelt.
  struct Spelling {
    std::string text = {};
    double score = 0;  // log p of its pieces
    int pieces = 0;
    int32_t last = 0, parent = 0;  // the last piece, and the spelling before it among those one piece shorter
  };
  Role role_of(int64_t id, const std::string& text, bool begins) const;
  std::vector<Suggestion> of_vocabulary(Cursor& cursor, std::string_view typed, size_t count) const;
  std::vector<Suggestion> spelt(Cursor& cursor, std::string_view typed, bool line_begins, size_t count) const;

  void finish(const Spelling& word, double end, std::string_view typed, std::vector<Suggestion>& found) const;
  std::vector<Spelling> longer(const std::vector<Spelling>& live, const Tensor& scores, std::string_view typed,
                               std::vector<Suggestion>& found) const;

  const data::Codec* codec_;
  int64_t beam_;
  bool words_, marked_;  // pieces are words; a word's first piece bears the mark of the space before it
  std::vector<Role> roles_;
  std::vector<std::string> texts_;  // of pieces, without that mark
};

}  // namespace grus::language
