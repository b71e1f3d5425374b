#include "data/text/sentencepiece_model.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"

namespace grus::data {
namespace {

constexpr size_t longest_piece = 2048;  // bytes; SentencePiece learns pieces of at most 512 characters
constexpr int byte_count = 256;

void need_model(bool holds, std::string_view got) {
  require<DataError>(holds, "[tokenizer] need a SentencePiece model, got {}", got);
}

// A Message reads protobuf's wire format: fields, each a number, a type and a value.
class Message {
 public:
  explicit Message(std::string_view bytes) : left_(bytes) {}

  /// Goes to the next field; at the end there is none.
  bool next() {
    if (left_.empty()) return false;
    const uint64_t key = varint();
    number_ = key >> 3;
    type_ = static_cast<uint32_t>(key & 7);
    if (type_ == 0) value_ = varint();
    else if (type_ == 1) take(8);
    else if (type_ == 2) take(varint());
    else if (type_ == 5) take(4);
    else need_model(false, "a field of an unknown type");
    return true;
  }

  bool is_number(uint64_t field) const { return number_ == field && type_ == 0; }
  bool is_bytes(uint64_t field) const { return number_ == field && type_ == 2; }
  bool is_float(uint64_t field) const { return number_ == field && type_ == 5; }
  uint64_t number() const { return value_; }
  std::string_view bytes() const { return bytes_; }
  float as_float() const {
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; ++i) bits |= uint32_t{static_cast<uint8_t>(bytes_[i])} << (8 * i);
    return std::bit_cast<float>(bits);
  }

  /// Puts the field's value there, if it is this one.
  void read(uint64_t field, bool& to) const {
    if (is_number(field)) to = value_ != 0;
  }
  void read(uint64_t field, std::string_view& to) const {
    if (is_bytes(field)) to = bytes_;
  }

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      need_model(!left_.empty(), "one that is cut short");
      const auto byte = static_cast<uint8_t>(left_.front());
      left_.remove_prefix(1);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    need_model(false, "a number of more than ten bytes");
    return value;
  }

  void take(uint64_t size) {
    need_model(size <= left_.size(), "one that is cut short");
    bytes_ = left_.substr(0, size);
    left_.remove_prefix(size);
  }

  std::string_view left_, bytes_;
  uint64_t number_ = 0, value_ = 0;
  uint32_t type_ = 0;
};

SentencePiece read_piece(std::string_view bytes) {
  SentencePiece piece;
  for (Message message(bytes); message.next();) {
    message.read(1, piece.text);
    if (message.is_float(2)) piece.score = message.as_float();
    if (!message.is_number(3)) continue;
    need_model(message.number() >= 1 && message.number() <= 6, "a piece of an unknown type");
    piece.type = static_cast<PieceType>(message.number());
  }
  need_model(!piece.text.empty() && piece.text.size() <= longest_piece,
             "an empty piece, or one of more than 2048 bytes");
  const bool text = find_invalid_utf8(piece.text) == std::string_view::npos && piece.text.find('\0') == piece.text.npos;
  need_model(text, "a piece that is no text");
  need_model(std::isfinite(piece.score), "a score that is no finite number");
  return piece;
}

void read_trainer(std::string_view bytes, SentencePieceModel& model) {
  for (Message message(bytes); message.next();) {
    if (message.is_number(3)) {
      need_model(message.number() == 1 || message.number() == 2, "one that is neither of unigram nor of bpe");
      model.kind = message.number() == 1 ? "unigram" : "bpe";
    }
    message.read(24, model.space_as_suffix);
    message.read(35, model.byte_fallback);
    message.read(44, model.unknown_surface);
    message.read(46, model.bos);
    message.read(47, model.eos);
    message.read(48, model.pad);
  }
}

void read_normalizer(std::string_view bytes, NormalizerRules& rules) {
  for (Message message(bytes); message.next();) {
    message.read(2, rules.charsmap);
    message.read(3, rules.dummy_prefix);
    message.read(4, rules.remove_extra_spaces);
    message.read(5, rules.escape_spaces);
  }
}

void check_pieces(const SentencePieceModel& model) {
  std::array<bool, byte_count> found{};
  int bytes = 0, unknown = 0;
  for (const SentencePiece& piece : model.pieces) {
    unknown += piece.type == PieceType::unknown;
    if (piece.type != PieceType::byte) continue;
    const int byte = byte_of_piece(piece.text);
    need_model(byte >= 0 && model.byte_fallback, "a byte that it does not use");
    bytes += !std::exchange(found[static_cast<size_t>(byte)], true);
  }
  need_model(unknown == 1, "one without a single piece for what is unknown");
  need_model(bytes == (model.byte_fallback ? byte_count : 0), "one without all the bytes that it uses");
}

}  // namespace

int byte_of_piece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
  int byte = 0;
  for (const char digit : piece.substr(3, 2)) {
    const size_t value = std::string_view("0123456789ABCDEF").find(digit);
    if (value == std::string_view::npos) return -1;
    byte = byte * 16 + static_cast<int>(value);
  }
  return byte;
}

SentencePieceModel read_sentencepiece_model(std::string_view bytes) {
  SentencePieceModel model;
  bool normalizer = false;
  for (Message message(bytes); message.next();) {
    if (message.is_bytes(1)) model.pieces.push_back(read_piece(message.bytes()));
    if (message.is_bytes(2)) read_trainer(message.bytes(), model);
    if (message.is_bytes(3)) {
      read_normalizer(message.bytes(), model.normalizer);
      normalizer = true;
    }
    if (message.is_bytes(5)) read_normalizer(message.bytes(), model.denormalizer);
  }
  need_model(normalizer, "one without its normalizer");  // it stands behind the pieces and what they were learnt with
  check_pieces(model);
  return model;
}

}  // namespace grus::data
