#include "data/text/sentencepiece_normalizer.h"

#include <utf8proc.h>

#include <algorithm>

#include "core/base/error.h"

namespace grus::data {
namespace {

constexpr std::string_view replacement_character = "\uFFFD";
constexpr uint32_t leaf = uint32_t{1} << 31;

// A unit of Darts-clone: bit 31 marks a value. Of the others, bits 0 to 7 are the byte that leads to it, bit 8 says
// that a text ends there, and bits 10 to 30 are the offset of what follows, in units of 256 where bit 9 is set.
uint32_t offset_of(uint32_t unit) { return unit >> 10 << ((unit & 0x200) >> 6); }
bool has_value(uint32_t unit) { return (unit & 0x100) != 0; }
bool is_leaf(uint32_t unit) { return (unit & leaf) != 0; }
uint32_t label_of(uint32_t unit) { return unit & (leaf | 0xFF); }
uint32_t value_of(uint32_t unit) { return unit & ~leaf; }

void need_sound(bool holds, std::string_view got) {
  require<DataError>(holds, "[tokenizer] need a SentencePiece model with a sound table of replacements, got {}", got);
}

uint32_t read_unit(std::string_view bytes, size_t i) {
  uint32_t unit = 0;
  for (size_t k = 0; k < 4; ++k) unit |= uint32_t{static_cast<uint8_t>(bytes[4 * i + k])} << (8 * k);
  return unit;
}

}  // namespace

size_t character_size(std::string_view text) {
  const auto first = static_cast<uint8_t>(text.front());
  const size_t size = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return std::min(size, text.size());
}

size_t valid_character_size(std::string_view text) {
  if (static_cast<uint8_t>(text.front()) < 0x80) return 1;
  utf8proc_int32_t point = 0;
  const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &point);
  return size > 0 ? static_cast<size_t>(size) : 0;
}

SentencePieceNormalizer::SentencePieceNormalizer(const NormalizerRules& rules, bool space_as_suffix, Kept kept)
    : rules_(rules), space_as_suffix_(space_as_suffix), kept_(std::move(kept)) {
  if (!rules.charsmap.empty()) read_charsmap(rules.charsmap);
}

// Whatever follows a unit differs from its place and offset in the lowest 8 bits alone, so that a table of whole blocks
// of 256 units needs no check while it is walked.
void SentencePieceNormalizer::read_charsmap(std::string_view charsmap) {
  need_sound(charsmap.size() > 4, "one that is cut short");
  const size_t bytes = read_unit(charsmap, 0);
  need_sound(bytes > 0 && bytes % 1024 == 0 && bytes < charsmap.size() - 4, "one of another size");
  trie_.resize(bytes / 4);
  for (size_t i = 0; i < trie_.size(); ++i) trie_[i] = read_unit(charsmap, i + 1);
  replacements_ = charsmap.substr(4 + bytes);
  need_sound(replacements_.back() == '\0', "a text without an end");
  need_sound(!is_leaf(trie_[0]), "one that begins with a value");
  for (size_t i = 0; i < trie_.size(); ++i) {
    const uint32_t unit = trie_[i];
    if (is_leaf(unit)) {
      need_sound(value_of(unit) < replacements_.size(), "a value that leads out of it");
      continue;
    }
    const size_t next = i ^ offset_of(unit);
    need_sound(next < trie_.size() && (!has_value(unit) || is_leaf(trie_[next])), "one that leads out of itself");
  }
}

SentencePieceNormalizer::Prefix SentencePieceNormalizer::longest_rule(std::string_view text) const {
  Prefix longest{{}, 0};
  if (trie_.empty()) return longest;
  uint32_t at = offset_of(trie_[0]);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    at ^= byte;
    const uint32_t unit = trie_[at];
    if (label_of(unit) != byte) break;
    at ^= offset_of(unit);
    if (has_value(unit)) longest = {replacements_.data() + value_of(trie_[at]), i + 1};
  }
  return longest;
}

SentencePieceNormalizer::Prefix SentencePieceNormalizer::rewrite(std::string_view text) const {
  if (kept_)
    if (const size_t size = kept_(text)) return {text.substr(0, size), size};
  if (const Prefix rule = longest_rule(text); rule.size > 0) return rule;
  const size_t size = valid_character_size(text);
  return size > 0 ? Prefix{text.substr(0, size), size} : Prefix{replacement_character, 1};
}

void SentencePieceNormalizer::drop_spaces_at_end(std::string& text) const {
  const std::string_view space = rules_.escape_spaces ? space_mark : " ";
  while (text.ends_with(space)) text.erase(text.size() - space.size());
}

std::string SentencePieceNormalizer::operator()(std::string_view text) const {
  const std::string_view space = rules_.escape_spaces ? space_mark : " ";
  std::string result;
  while (rules_.remove_extra_spaces && !text.empty()) {
    const Prefix prefix = rewrite(text);
    if (prefix.becomes != " ") break;
    text.remove_prefix(prefix.size);
  }
  if (text.empty()) return result;
  result.reserve(text.size() + text.size() / 2);
  if (!space_as_suffix_ && rules_.dummy_prefix) result += space;
  bool after_space = rules_.remove_extra_spaces;
  while (!text.empty()) {
    const Prefix prefix = rewrite(text);
    std::string_view becomes = prefix.becomes;
    while (after_space && becomes.starts_with(' ')) becomes.remove_prefix(1);
    for (const char byte : becomes)
      if (byte == ' ') result += space;
      else result += byte;
    if (!becomes.empty()) after_space = rules_.remove_extra_spaces && becomes.back() == ' ';
    text.remove_prefix(prefix.size);
  }
  if (rules_.remove_extra_spaces) drop_spaces_at_end(result);
  if (space_as_suffix_ && rules_.dummy_prefix) result += space;
  return result;
}

}  // namespace grus::data
