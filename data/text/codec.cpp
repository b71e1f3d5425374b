#include "data/text/codec.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/printable.h"
#include "data/read/text.h"
#include "data/text/sentencepiece.h"

namespace grus::data {

Codec::Codec(std::shared_ptr<const Tokenizer> tokenizer, Vocab vocab)
    : tokenizer_(std::move(tokenizer)), vocab_(std::move(vocab)) {
  require<UsageError>(tokenizer_ != nullptr, "[codec] need a tokenizer, got none");
}

Codec Codec::learn(const Sentences& sentences, const CodecOptions& options, const Notice& notice) {
  if (is_trained_kind(options.kind)) {
    auto tokenizer = train_sentencepiece(options.kind, sentences, options.size, notice);
    Vocab vocab(tokenizer->all_pieces());
    return Codec(std::move(tokenizer), std::move(vocab));
  }
  auto tokenizer = make_tokenizer(options.kind);
  PieceCounter counter;
  for (const auto side : sentences)
    for (const std::string& line : side) counter.add(tokenizer->tokenize(line));
  return Codec(std::move(tokenizer), counter.vocab({.min_count = options.min_count, .max_size = options.size}));
}

Codec Codec::of_symbols(std::string_view kind, const std::string& file) {
  require<UsageError>(!is_trained_kind(kind), "{}: need a size for {}, which learns its pieces, got symbols", file,
                      kind);
  auto tokenizer = make_tokenizer(kind);
  Vocab vocab = Vocab::read_symbols(file);
  for (int64_t id = special_count; id < vocab.size(); ++id) {
    const std::string& symbol = vocab.piece(id);
    require<DataError>(tokenizer->tokenize(symbol) == std::vector{symbol},
                       "{}: need symbols that are one piece of the tokenizer {} each, got '{}'", file, kind,
                       Shown{symbol});
  }
  return Codec(std::move(tokenizer), std::move(vocab));
}

Codec Codec::extended(const Sentences& sentences, int64_t min_count) const {
  require<UsageError>(!is_trained_kind(tokenizer_->kind()),
                      "[codec] need a tokenizer whose pieces are not fixed to extend them, got {}", tokenizer_->kind());
  PieceCounter counter;
  for (const auto side : sentences)
    for (const std::string& line : side)
      for (const std::string& piece : tokenizer_->tokenize(line))
        if (vocab_.id(piece) == UNK) counter.add(piece, 1);
  const Vocab more = counter.vocab({.min_count = min_count});
  std::vector<std::string> pieces;
  std::vector<int64_t> counts;
  for (const Vocab* vocab : {&vocab_, &more})
    for (int64_t id = special_count; id < vocab->size(); ++id) {
      pieces.push_back(vocab->piece(id));
      counts.push_back(vocab->count(id));
    }
  return Codec(tokenizer_, Vocab(std::move(pieces), std::move(counts)));
}

std::vector<int32_t> Codec::encode(std::string_view line) const {
  std::vector<int32_t> ids;
  for (const std::string& piece : tokenizer_->tokenize(line)) ids.push_back(vocab_.id(piece));
  return ids;
}

std::vector<std::vector<int32_t>> Codec::encode(const std::vector<std::string>& lines) const {
  std::vector<std::vector<int32_t>> ids;
  ids.reserve(lines.size());
  for (const std::string& line : lines) ids.push_back(encode(line));
  return ids;
}

std::vector<std::string> Codec::pieces(const std::vector<int32_t>& ids) const {
  std::vector<std::string> pieces;
  for (const int32_t id : ids) {
    if (id == EOS) break;
    if (id != PAD && id != SOS) pieces.push_back(vocab_.piece(id));
  }
  return pieces;
}

std::string Codec::decode(const std::vector<int32_t>& ids) const { return tokenizer_->detokenize(pieces(ids)); }

void Codec::save(const std::string& prefix) const {
  vocab_.save(prefix + ".vocab");
  if (const std::string model = tokenizer_->model(); !model.empty()) write_file_atomically(prefix + ".model", model);
}

Codec Codec::load(std::string_view kind, const std::string& prefix) {
  Vocab vocab = Vocab::load(prefix + ".vocab");
  if (!is_trained_kind(kind)) return Codec(make_tokenizer(kind), std::move(vocab));
  const std::string model_file = prefix + ".model", model = read_whole_file(model_file);
  std::unique_ptr<Tokenizer> tokenizer;
  Vocab fixed;
  try {
    tokenizer = make_tokenizer(kind, model);
    fixed = Vocab(tokenizer->all_pieces());
  } catch (const DataError& error) {
    fail<DataError>("{}: {}", model_file, error.what());
  }
  require<DataError>(vocab == fixed, "{}.vocab: need the {} pieces of {}, got {} others", prefix, fixed.size(),
                     model_file, vocab.size());
  return Codec(std::move(tokenizer), std::move(vocab));
}

}  // namespace grus::data
