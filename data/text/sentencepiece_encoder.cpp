#include "data/text/sentencepiece_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/base/error.h"

namespace grus::data {
namespace {

std::string with_spaces(std::string_view piece) {
  std::string text;
  for (size_t at = 0; at < piece.size();) {
    const size_t mark = std::min(piece.find(space_mark, at), piece.size());
    text += piece.substr(at, mark - at);
    if (mark < piece.size()) text += ' ';
    at = mark + space_mark.size();
  }
  return text;
}

// Appends bytes as text; one that belongs to no character becomes U+FFFD.
void append_bytes(std::string& text, std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t size = valid_character_size(bytes);
    text += size > 0 ? bytes.substr(0, size) : "\uFFFD";
    bytes.remove_prefix(std::max<size_t>(size, 1));
  }
}

}  // namespace

SentencePieceEncoder::SentencePieceEncoder(std::string_view bytes)
    : model_(read_sentencepiece_model(bytes)),
      table_(model_.pieces),
      normalizer_(model_.normalizer, model_.space_as_suffix,
                  [this](std::string_view text) { return user_defined_prefix(text); }),
      denormalizer_(model_.denormalizer),
      least_score_(std::numeric_limits<float>::max()),
      greatest_score_(std::numeric_limits<float>::min()) {
  for (size_t i = 0; i < model_.pieces.size(); ++i) {
    const SentencePiece& piece = model_.pieces[i];
    if (piece.type == PieceType::unknown) unknown_ = static_cast<int32_t>(i);
    if (is_cut_into(static_cast<int32_t>(i))) longest_ = std::max(longest_, piece.text.size());
    if (piece.type == PieceType::user_defined)
      longest_user_defined_ = std::max(longest_user_defined_, piece.text.size());
    if (piece.type != PieceType::normal) continue;
    least_score_ = std::min(least_score_, piece.score);
    greatest_score_ = std::max(greatest_score_, piece.score);
  }
}

bool SentencePieceEncoder::is_cut_into(int32_t id) const {
  const PieceType type = piece(id).type;
  return type == PieceType::normal || type == PieceType::user_defined || type == PieceType::unused;
}

size_t SentencePieceEncoder::user_defined_prefix(std::string_view text) const {
  const size_t most = std::min(longest_user_defined_, text.size());
  size_t longest = 0;
  uint64_t hash = PieceTable::empty_hash;
  for (size_t size = 1; size <= most; ++size) {
    hash = PieceTable::extended(hash, text[size - 1]);
    const int32_t id = table_.find(text.substr(0, size), hash);
    if (id >= 0 && piece(id).type == PieceType::user_defined) longest = size;
  }
  return longest;
}

std::vector<std::string> SentencePieceEncoder::encode(std::string_view text) const {
  const std::string normalized = normalizer_(text);
  require<DataError>(normalized.size() < std::numeric_limits<int32_t>::max(),
                     "[tokenizer] need a line of less than 2^31 bytes, got {}", normalized.size());
  if (normalized.empty()) return {};
  return texts_of(normalized, model_.kind == "bpe" ? cut_by_bpe(normalized) : cut_by_unigram(normalized));
}

std::vector<std::string> SentencePieceEncoder::texts_of(std::string_view text, const std::vector<Cut>& cuts) const {
  std::vector<std::string> texts;
  texts.reserve(cuts.size());
  bool after_unknown = false;
  for (const Cut& cut : cuts) {
    const std::string_view part = text.substr(cut.begin, cut.size);
    const bool unknown = cut.id == unknown_;
    if (unknown && model_.byte_fallback) {
      for (const char byte : part) texts.push_back(fmt::format("<0x{:02X}>", static_cast<uint8_t>(byte)));
    } else if (unknown && after_unknown) {
      texts.back() += part;
    } else {
      texts.emplace_back(part);
    }
    after_unknown = unknown;
  }
  return texts;
}

// The mark before a text's first word is not shown where the normalizer adds one or drops spaces. Where it keeps
// spaces, one mark alone was added.
std::string SentencePieceEncoder::text_of(std::string_view piece, int32_t id, bool first, bool& mark_dropped) const {
  mark_dropped = false;
  const PieceType type = this->piece(id).type;
  if (type == PieceType::control) return {};
  if (type == PieceType::unknown) return std::string(piece == this->piece(id).text ? model_.unknown_surface : piece);
  const NormalizerRules& rules = model_.normalizer;
  if (first && (rules.dummy_prefix || rules.remove_extra_spaces) && piece.starts_with(space_mark)) {
    piece.remove_prefix(space_mark.size());
    mark_dropped = !rules.remove_extra_spaces;
  }
  return with_spaces(piece);
}

std::string SentencePieceEncoder::decode(const std::vector<std::string>& pieces) const {
  std::string text, bytes;
  bool first = true, mark_dropped = false;
  for (const std::string& one : pieces) {
    const int32_t found = table_.find(one), id = found < 0 ? unknown_ : found;
    if (piece(id).type == PieceType::byte) {
      bytes += static_cast<char>(byte_of_piece(one));
      continue;
    }
    append_bytes(text, std::exchange(bytes, {}));
    if (mark_dropped || !text.empty()) first = false;
    text += text_of(one, id, first, mark_dropped);
  }
  append_bytes(text, bytes);
  return model_.denormalizer.charsmap.empty() ? text : denormalizer_(text);
}

}  // namespace grus::data
