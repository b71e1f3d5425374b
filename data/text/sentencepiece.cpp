#include "data/text/sentencepiece.h"

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "data/text/sentencepiece_encoder.h"
#include "data/text/vocab.h"

namespace grus::data {
namespace {

class SentencePieceTokenizer : public Tokenizer {
 public:
  SentencePieceTokenizer(std::string_view kind, std::string_view bytes) : bytes_(bytes), encoder_(bytes_) {
    const SentencePieceModel& model = encoder_.model();
    require<DataError>(model.kind == kind, "[tokenizer] need a SentencePiece model of {}, got one of {}", Shown{kind},
                       model.kind);
    const auto is_special = [&](int32_t id, PieceType type, std::string_view text) {
      if (model.pieces.size() <= static_cast<size_t>(id)) return false;
      const SentencePiece& piece = model.pieces[static_cast<size_t>(id)];
      return piece.type == type && (text.empty() || piece.text == text);
    };
    require<DataError>(
        is_special(UNK, PieceType::unknown, {}) && is_special(PAD, PieceType::control, model.pad) &&
            is_special(SOS, PieceType::control, model.bos) && is_special(EOS, PieceType::control, model.eos),
        "[tokenizer] need a SentencePiece model with ids 0 to 3 for <unk> <pad> <sos> <eos>, got others");
  }

  std::string kind() const override { return std::string(encoder_.model().kind); }
  std::string model() const override { return bytes_; }

  std::vector<std::string> tokenize(std::string_view line) const override {
    return encoder_.encode(collapse_spaces(line));
  }

  std::string detokenize(const std::vector<std::string>& pieces) const override { return encoder_.decode(pieces); }

  std::vector<std::string> all_pieces() const override {
    std::vector<std::string> texts;
    for (const SentencePiece& piece : encoder_.model().pieces) texts.emplace_back(piece.text);
    texts.erase(texts.begin(), texts.begin() + special_count);
    return texts;
  }

 private:
  const std::string bytes_;  // which the encoder has views of
  const SentencePieceEncoder encoder_;
};

}  // namespace

std::unique_ptr<Tokenizer> load_sentencepiece(std::string_view kind, std::string_view model) {
  return std::make_unique<SentencePieceTokenizer>(kind, model);
}

}  // namespace grus::data
