#pragma once
// SentencePiece's encoding and decoding (Kudo and Richardson 2018) without the library: the pieces of a text, and the
// text of pieces, as it gives them.
// Sources: sentencepiece_encoder.cpp, sentencepiece_bpe.cpp, sentencepiece_unigram.cpp.
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/text/piece_table.h"
#include "data/text/sentencepiece_model.h"
#include "data/text/sentencepiece_normalizer.h"

namespace grus::data {

/// Threads may share it.
class SentencePieceEncoder {
 public:
  /// Keeps views of the bytes of a `.model`. Throws DataError for a damaged one.
  explicit SentencePieceEncoder(std::string_view bytes);
  SentencePieceEncoder(const SentencePieceEncoder&) = delete;
  SentencePieceEncoder& operator=(const SentencePieceEncoder&) = delete;

  /// Returns the pieces of the text as its normalizer rewrites it. A run of unknown characters is one piece, its text;
  /// with byte fallback it is the pieces of its bytes.
  std::vector<std::string> encode(std::string_view text) const;
  /// Joins pieces: marks become spaces, bytes characters, control symbols nothing, and what is unknown its text.
  std::string decode(const std::vector<std::string>& pieces) const;

  const SentencePieceModel& model() const { return model_; }

 private:
  // A Cut is a part of the text with the id of its piece; the cuts of a text follow one another.
  struct Cut {
    uint32_t begin, size;
    int32_t id;
  };
  /// Cuts where the sum of the pieces' scores is highest: Viterbi's search, in which an unknown character has the
  /// lowest score less 10, and a user's symbol more than all its parts could have.
  std::vector<Cut> cut_by_unigram(std::string_view text) const;
  /// Merges the neighbours whose piece has the highest score, of equal ones the first, until there are none.
  std::vector<Cut> cut_by_bpe(std::string_view text) const;
  // The size of the left one of the two parts that an unused piece was merged from.
  using LeftSizes = std::unordered_map<std::string_view, uint32_t>;
  /// Adds the cut, or, where its piece is an unused one, the two that it was merged from, and so on.
  void add_used(std::string_view text, Cut cut, const LeftSizes& left_sizes, std::vector<Cut>& cuts) const;

  const SentencePiece& piece(int32_t id) const { return model_.pieces[static_cast<size_t>(id)]; }
  bool is_cut_into(int32_t id) const;
  size_t user_defined_prefix(std::string_view text) const;
  std::vector<std::string> texts_of(std::string_view text, const std::vector<Cut>& cuts) const;
  std::string text_of(std::string_view piece, int32_t id, bool first, bool& mark_dropped) const;

  SentencePieceModel model_;
  PieceTable table_;
  SentencePieceNormalizer normalizer_, denormalizer_;
  int32_t unknown_ = 0;
  size_t longest_ = 0, longest_user_defined_ = 0;  // bytes of those that text is cut into
  float least_score_, greatest_score_;
};

}  // namespace grus::data
