#pragma once
// Finds pieces by their text, all prefixes of a text in one go.
#include <cstdint>
#include <string_view>
#include <vector>

#include "data/text/sentencepiece_model.h"

namespace grus::data {

/// A hash table from a text to its id, whose hash of a text goes on to that of a longer one (FNV-1a of 64 bits).
class PieceTable {
 public:
  static constexpr uint64_t empty_hash = 0xCBF29CE484222325;
  static uint64_t extended(uint64_t hash, char byte) {
    return (hash ^ static_cast<uint8_t>(byte)) * uint64_t{0x100000001B3};
  }

  /// Keeps a view of the pieces. Throws DataError for a text that stands twice.
  explicit PieceTable(const std::vector<SentencePiece>& pieces);

  /// Returns the id of the piece, or -1. `hash` is that of all bytes of the text.
  int32_t find(std::string_view text, uint64_t hash) const;
  int32_t find(std::string_view text) const;

 private:
  struct Slot {
    uint32_t tag = 0;
    int32_t id = -1;
  };
  static size_t first_slot(uint64_t hash) { return static_cast<size_t>(hash ^ hash >> 29); }
  static uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  const std::vector<SentencePiece>& pieces_;
  std::vector<Slot> slots_;  // a power of two, half of them empty at least
};

}  // namespace grus::data
