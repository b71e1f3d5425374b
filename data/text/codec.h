#pragma once
// A codec turns text to ids and back, by a tokenizer and its vocabulary.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/text/tokenizers.h"
#include "data/text/vocab.h"

namespace grus::data {

struct CodecOptions {
  std::string kind = tokenizer_kinds().front();
  int64_t size = 6000;    // ids at most, specials included; 0: no limit (not for "bpe" and "unigram")
  int64_t min_count = 1;  // rarer pieces are unknown; "bpe" and "unigram" do not use it
};

/// A tokenizer and a vocabulary of its pieces. Threads may share it.
class Codec {
 public:
  Codec(std::shared_ptr<const Tokenizer> tokenizer, Vocab vocab);
  /// Learns both from all sentences together: both sides of a corpus give a joint codec. `notice` is told when there
  /// are fewer pieces than asked for. Throws as train_sentencepiece and PieceCounter::vocab do.
  static Codec learn(const Sentences& sentences, const CodecOptions& options, const Notice& notice = {});

  /// Makes a codec of the symbols in a file, one a line; what stands behind a tab is left out, and a file that
  /// Vocab::save wrote will do. Throws DataError with file and line for a symbol that stands twice or is not one piece
  /// of the tokenizer, UsageError for a kind that learns its pieces.
  static Codec of_symbols(std::string_view kind, const std::string& file);

  /// Returns this codec with further pieces of the sentences: those seen `min_count` times that it does not have, the
  /// most frequent first, behind its own, whose ids stay. Throws UsageError for a kind that learns its pieces.
  Codec extended(const Sentences& sentences, int64_t min_count = 1) const;

  /// Returns the ids of the line's pieces, without <sos> and <eos>; pieces that are not in the vocabulary are UNK.
  std::vector<int32_t> encode(std::string_view line) const;
  std::vector<std::vector<int32_t>> encode(const std::vector<std::string>& lines) const;
  /// Returns the pieces of the ids up to the first EOS; PAD and SOS are left out, an unknown piece reads "<unk>".
  std::vector<std::string> pieces(const std::vector<int32_t>& ids) const;
  /// Returns the ids as text for a reader.
  std::string decode(const std::vector<int32_t>& ids) const;

  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const Vocab& vocab() const { return vocab_; }
  int64_t size() const { return vocab_.size(); }

  /// Writes PREFIX.vocab and, for a trained tokenizer, PREFIX.model. The caller keeps the kind.
  void save(const std::string& prefix) const;
  /// Reads what save() wrote. Throws DataError when a file is missing or damaged, or the two do not belong together.
  static Codec load(std::string_view kind, const std::string& prefix);

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  Vocab vocab_;
};

}  // namespace grus::data
