#pragma once
// What every tokenizer is to those that use one: it turns text to pieces and back. tokenizers.h makes them by name.
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grus::data {

/// A tokenizer cuts a line of text (valid UTF-8, no line feed) into pieces, and joins pieces to a line. Threads may
/// share it.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// The kind is "space", "word", "char", "verbatim", "bpe" or "unigram".
  virtual std::string kind() const = 0;
  virtual std::vector<std::string> tokenize(std::string_view line) const = 0;
  /// Returns the pieces as a reader wants to see them. For all kinds but "word", detokenize(tokenize(line)) is the line
  /// with runs of ASCII spaces and tabs collapsed to one space ("verbatim" keeps them; "word" lower-cases and spaces
  /// punctuation by rule).
  virtual std::string detokenize(const std::vector<std::string>& pieces) const = 0;
  /// Returns what a trained tokenizer must keep to work again (a SentencePiece model); empty for the others.
  virtual std::string model() const { return {}; }
  /// Returns all pieces there can be, in order of id from 4 on, when the tokenizer itself fixes them; else nothing.
  virtual std::vector<std::string> all_pieces() const { return {}; }
};

/// Sentences of one or several sides of a corpus, not copied.
using Sentences = std::vector<std::span<const std::string>>;

/// A notice takes one line meant for the user, without line end.
using Notice = std::function<void(std::string_view)>;

/// Tells whether a tokenizer of this kind is learnt from text, and has a model to keep.
inline bool is_trained_kind(std::string_view kind) { return kind == "bpe" || kind == "unigram"; }

}  // namespace grus::data
