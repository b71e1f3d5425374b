#pragma once
// How SentencePiece rewrites text before it is cut into pieces, and (the denormalizer) after they are joined.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "data/text/sentencepiece_model.h"

namespace grus::data {

/// The mark that stands in the place of a space, U+2581.
inline constexpr std::string_view space_mark = "\u2581";

/// Returns how many bytes the text's first character has by its first byte, at most all.
size_t character_size(std::string_view text);
/// Returns how many bytes of valid UTF-8 the text's first character has; 0 where they are none.
size_t valid_character_size(std::string_view text);

class SentencePieceNormalizer {
 public:
  /// Returns the size of the longest symbol with which a text begins that is not to be rewritten; 0: none.
  using Kept = std::function<size_t(std::string_view)>;

  /// Throws DataError for a table of replacements that leads out of itself.
  explicit SentencePieceNormalizer(const NormalizerRules& rules, bool space_as_suffix = false, Kept kept = {});

  /// Replaces the longest prefix that the table has, again and again, then treats spaces by the rules.
  std::string operator()(std::string_view text) const;

 private:
  struct Prefix {
    std::string_view becomes;
    size_t size;
  };
  Prefix rewrite(std::string_view text) const;
  Prefix longest_rule(std::string_view text) const;
  void read_charsmap(std::string_view charsmap);
  void drop_spaces_at_end(std::string& text) const;

  NormalizerRules rules_;
  bool space_as_suffix_;
  Kept kept_;
  std::vector<uint32_t> trie_;     // the units of a double array (Darts-clone)
  std::string_view replacements_;  // texts that end in a zero byte, which the trie's values point to
};

}  // namespace grus::data
