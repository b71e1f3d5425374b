#include "data/text/piece_table.h"

#include <bit>

#include "core/base/error.h"
#include "core/base/printable.h"

namespace grus::data {
namespace {

uint64_t hash_of(std::string_view text) {
  uint64_t hash = PieceTable::empty_hash;
  for (const char byte : text) hash = PieceTable::extended(hash, byte);
  return hash;
}

}  // namespace

PieceTable::PieceTable(const std::vector<SentencePiece>& pieces) : pieces_(pieces) {
  slots_.resize(std::bit_ceil(2 * pieces.size() + 1));
  const size_t mask = slots_.size() - 1;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const uint64_t hash = hash_of(pieces[i].text);
    require<DataError>(find(pieces[i].text, hash) < 0,
                       "[tokenizer] need different pieces in a SentencePiece model, got '{}' twice",
                       Shown{pieces[i].text});
    size_t at = first_slot(hash) & mask;
    while (slots_[at].id >= 0) at = (at + 1) & mask;
    slots_[at] = {tag_of(hash), static_cast<int32_t>(i)};
  }
}

int32_t PieceTable::find(std::string_view text, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  for (size_t at = first_slot(hash) & mask; slots_[at].id >= 0; at = (at + 1) & mask)
    if (slots_[at].tag == tag_of(hash) && pieces_[static_cast<size_t>(slots_[at].id)].text == text)
      return slots_[at].id;
  return -1;
}

int32_t PieceTable::find(std::string_view text) const { return find(text, hash_of(text)); }

}  // namespace grus::data
