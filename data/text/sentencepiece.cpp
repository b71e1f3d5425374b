#include "data/text/sentencepiece.h"

#include <fmt/format.h>

#include <exception>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "data/text/vocab.h"

#if GRUS_SENTENCEPIECE
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

namespace grus::data {
namespace {

class SentencePieceTokenizer : public Tokenizer {
 public:
  SentencePieceTokenizer(std::string_view kind, std::string_view model) : kind_(kind), model_(model) {
    require<DataError>(!model.empty() && loads(model),
                       "[tokenizer] need a SentencePiece model, got {} bytes that are none", model.size());
    require<DataError>(
        processor_.unk_id() == UNK && processor_.pad_id() == PAD && processor_.bos_id() == SOS &&
            processor_.eos_id() == EOS,
        "[tokenizer] need a SentencePiece model with ids 0 to 3 for <unk> <pad> <sos> <eos>, got {} {} {} {}",
        processor_.unk_id(), processor_.pad_id(), processor_.bos_id(), processor_.eos_id());
  }

  std::string kind() const override { return kind_; }
  std::string model() const override { return model_; }

  std::vector<std::string> tokenize(std::string_view line) const override {
    std::vector<std::string> pieces;
    const auto status = processor_.Encode(collapse_spaces(line), &pieces);
    require<DataError>(status.ok(), "[tokenizer] SentencePiece cannot cut '{}'", Shown{line});
    return pieces;
  }

  std::string detokenize(const std::vector<std::string>& pieces) const override {
    std::string text;
    const auto status = processor_.Decode(pieces, &text);
    require<DataError>(status.ok(), "[tokenizer] SentencePiece cannot join {} pieces", pieces.size());
    return text;
  }

  std::vector<std::string> all_pieces() const override {
    std::vector<std::string> pieces;
    for (int id = special_count; id < processor_.GetPieceSize(); ++id) pieces.push_back(processor_.IdToPiece(id));
    return pieces;
  }

 private:
  // Besides returning a status, the library throws the exceptions of the libraries that it is made of.
  bool loads(std::string_view model) {
    try {
      return processor_.LoadFromSerializedProto(model).ok();
    } catch (const std::exception&) {
      return false;
    }
  }

  std::string kind_, model_;
  sentencepiece::SentencePieceProcessor processor_;
};

class LineIterator : public sentencepiece::SentenceIterator {
 public:
  explicit LineIterator(const std::vector<std::string>& lines) : lines_(lines) {}
  bool done() const override { return at_ == lines_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return lines_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& lines_;
  size_t at_ = 0;
};

// Counts the characters that must become pieces, the mark for a space among them.
size_t different_characters(const std::vector<std::string>& lines) {
  std::set<std::string_view> seen = {" "};
  for (const std::string& line : lines)
    for (const std::string_view point : split_code_points(line)) seen.insert(point);
  return seen.size();
}

}  // namespace

bool sentencepiece_available() { return true; }

std::unique_ptr<Tokenizer> train_sentencepiece(std::string_view kind, const Sentences& sentences, int64_t size,
                                               const Notice& notice) {
  require<UsageError>(is_trained_kind(kind), "[tokenizer] need bpe or unigram, got '{}'", kind);
  std::vector<std::string> lines;
  for (const auto side : sentences)
    for (const std::string& line : side)
      if (std::string text = collapse_spaces(line); !text.empty()) lines.push_back(std::move(text));
  require<DataError>(!lines.empty(), "[tokenizer] need sentences to learn {} pieces from, got none", kind);
  const auto least = static_cast<int64_t>(different_characters(lines)) + special_count;
  require<UsageError>(size >= least,
                      "[tokenizer] need a vocabulary of at least {} for the {} characters of the text, got {}", least,
                      least - special_count, size);
  LineIterator iterator(lines);
  std::string model;
  // Options go in as a map and not as one line of flags: the latter is logged before minloglevel is read.
  const auto status = sentencepiece::SentencePieceTrainer::Train({{"model_type", std::string(kind)},
                                                                  {"vocab_size", std::to_string(size)},
                                                                  {"hard_vocab_limit", "false"},
                                                                  {"character_coverage", "1.0"},
                                                                  {"normalization_rule_name", "identity"},
                                                                  {"max_sentence_length", "1000000000"},
                                                                  {"num_threads", "1"},
                                                                  {"minloglevel", "3"},
                                                                  {"unk_id", std::to_string(UNK)},
                                                                  {"pad_id", std::to_string(PAD)},
                                                                  {"bos_id", std::to_string(SOS)},
                                                                  {"eos_id", std::to_string(EOS)},
                                                                  {"unk_piece", "<unk>"},
                                                                  {"pad_piece", "<pad>"},
                                                                  {"bos_piece", "<sos>"},
                                                                  {"eos_piece", "<eos>"},
                                                                  {"unk_surface", "<unk>"}},
                                                                 &iterator, &model);
  require<DataError>(status.ok(), "[tokenizer] cannot learn {} pieces: {}", kind, status.ToString());
  auto tokenizer = std::make_unique<SentencePieceTokenizer>(kind, model);
  const auto got = static_cast<int64_t>(tokenizer->all_pieces().size()) + special_count;
  if (got < size && notice) notice(fmt::format("{}: {} pieces instead of {}: the text holds no more", kind, got, size));
  return tokenizer;
}

std::unique_ptr<Tokenizer> load_sentencepiece(std::string_view kind, std::string_view model) {
  return std::make_unique<SentencePieceTokenizer>(kind, model);
}

}  // namespace grus::data

#else

namespace grus::data {
namespace {
[[noreturn]] void fail_without_library(std::string_view kind) {
  fail("[tokenizer] '{}' needs SentencePiece, which this build is without; choose one of word, space, char", kind);
}
}  // namespace

bool sentencepiece_available() { return false; }

std::unique_ptr<Tokenizer> train_sentencepiece(std::string_view kind, const Sentences&, int64_t, const Notice&) {
  fail_without_library(kind);
}

std::unique_ptr<Tokenizer> load_sentencepiece(std::string_view kind, std::string_view) { fail_without_library(kind); }

}  // namespace grus::data

#endif
