#include "data/text/sentencepiece.h"

#include <fmt/format.h>

#include <set>

#include "core/base/error.h"
#include "data/read/text.h"
#include "data/text/vocab.h"

#if GRUS_SENTENCEPIECE
#include <sentencepiece_trainer.h>

namespace grus::data {
namespace {

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
  auto tokenizer = load_sentencepiece(kind, model);
  const auto got = static_cast<int64_t>(tokenizer->all_pieces().size()) + special_count;
  if (got < size && notice) notice(fmt::format("{}: {} pieces instead of {}: the text holds no more", kind, got, size));
  return tokenizer;
}

}  // namespace grus::data

#else

namespace grus::data {

bool sentencepiece_available() { return false; }

std::unique_ptr<Tokenizer> train_sentencepiece(std::string_view kind, const Sentences&, int64_t, const Notice&) {
  fail("[tokenizer] need SentencePiece to learn '{}', which this build is without; choose one of word, space, char",
       kind);
}

}  // namespace grus::data

#endif
