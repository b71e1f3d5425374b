#pragma once
// What stands in a `.model` of SentencePiece, of which encoding and decoding need to know (sentencepiece_model.proto).
#include <cstdint>
#include <string_view>
#include <vector>

namespace grus::data {

/// A type decides whether text may be cut into a piece, and how the piece reads.
enum class PieceType : uint8_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

struct SentencePiece {
  std::string_view text;  // UTF-8, without zero bytes
  float score = 0;
  PieceType type = PieceType::normal;
};

/// The message NormalizerSpec: replacements of characters, and what becomes of spaces.
struct NormalizerRules {
  std::string_view charsmap;  // a double-array trie of what is replaced, and by what; empty: nothing
  bool dummy_prefix = true, remove_extra_spaces = true, escape_spaces = true;
};

struct SentencePieceModel {
  std::string_view kind = "unigram";  // or "bpe"
  std::vector<SentencePiece> pieces;  // by id; no text stands twice
  bool byte_fallback = false, space_as_suffix = false;
  std::string_view unknown_surface = " \u2047 ";  // how <unk> reads
  std::string_view bos = "<s>", eos = "</s>", pad = "<pad>";
  NormalizerRules normalizer, denormalizer;
};

/// Reads the message ModelProto; the model's texts are views of the bytes. Throws DataError for what is none: cut
/// short, without one unknown piece or its normalizer, a score that is no number, a piece that is empty, of more than
/// 2,048 bytes, not UTF-8 or there twice, bytes that are not all of 256, or a model of another kind than unigram and
/// bpe.
SentencePieceModel read_sentencepiece_model(std::string_view bytes);

/// Returns the byte that a piece "<0x41>" stands for, or -1.
int byte_of_piece(std::string_view piece);

}  // namespace grus::data
