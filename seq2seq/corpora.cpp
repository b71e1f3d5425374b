#include "seq2seq/corpora.h"

#include <fmt/format.h>

#include "data/text/sentencepiece.h"

namespace grus::seq2seq {
namespace {

data::ReferenceCorpus read_references(const std::string& tsv, const std::string& source, const std::string& target) {
  return tsv.empty() ? data::read_references(source, {target}) : data::read_references_tsv(tsv);
}

// A Sum is the 64-bit FNV-1a hash of lines and their ends.
class Sum {
 public:
  void add(const std::string& line) {
    for (const char c : line) step(static_cast<unsigned char>(c));
    step('\n');
  }
  std::string text() const { return fmt::format("{:016x}", hash_); }

 private:
  void step(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211u; }
  uint64_t hash_ = 14695981039346656037u;
};

// Learns the vocabulary of a side, or takes the symbols that are given for it.
data::Codec learn_side(const TrainOptions& options, Side side, const data::Sentences& text,
                       const data::Notice& notice) {
  const std::string& kind = tokenizer_of(options, side);
  const std::string file = symbols_of(options, side);
  if (file.empty())
    return data::Codec::learn(text, {.kind = kind, .size = vocab_of(options, side), .min_count = options.min_count},
                              notice);
  data::Codec codec = data::Codec::of_symbols(kind, file);
  int64_t pieces = 0, unknown = 0;
  for (const auto lines : text)
    for (const std::string& line : lines)
      for (const int32_t id : codec.encode(line)) {
        ++pieces;
        unknown += id == data::UNK;
      }
  if (unknown > 0)
    notice(fmt::format("{} of the {} pieces of the {} are not in {}: they count as <unk>", unknown, pieces,
                       side == Side::source ? "source" : "target", file));
  return codec;
}

}  // namespace

TextSums sums_of(const Corpora& corpora) {
  Sum train, valid;
  for (const auto* side : {&corpora.train.source, &corpora.train.target})
    for (const std::string& line : *side) train.add(line);
  for (size_t n = 0; n < corpora.valid.source.size(); ++n) {
    valid.add(corpora.valid.source[n]);
    for (const std::string& reference : corpora.valid.references[n]) valid.add(reference);
  }
  return {train.text(), valid.text(), ""};
}

data::ReferenceCorpus read_test(const TrainOptions& o) {
  if (o.test.empty() && o.test_source.empty()) return {};
  return read_references(o.test, o.test_source, o.test_target);
}

Corpora read_corpora(const TrainOptions& o) {
  return {o.train.empty() ? data::read_parallel(o.train_source, o.train_target) : data::read_tsv(o.train),
          read_references(o.valid, o.valid_source, o.valid_target), read_test(o), "", ""};
}

Codecs extend_codecs(const Codecs& codecs, const TrainOptions& options, const data::ParallelCorpus& train,
                     const data::Notice& notice) {
  const auto fixed = [](const data::Codec& codec) { return data::is_trained_kind(codec.tokenizer().kind()); };
  require<UsageError>(!fixed(codecs.source) || !fixed(codecs.target),
                      "--extend-vocab: need a model of word, space or char, got one of {}, whose pieces are fixed",
                      codecs.source.tokenizer().kind());
  const auto extended = [&](const data::Codec& codec, const data::Sentences& text, const char* what) {
    if (fixed(codec)) return codec;
    data::Codec more = codec.extended(text, options.min_count);
    notice(fmt::format("{} new words {}", more.size() - codec.size(), what));
    return more;
  };
  if (codecs.joint) {
    const data::Codec both = extended(codecs.source, {train.source, train.target}, "on both sides");
    return {both, both, true};
  }
  return {extended(codecs.source, {train.source}, "of the source"),
          extended(codecs.target, {train.target}, "of the target"), false};
}

Codecs learn_codecs(TrainOptions& options, const data::ParallelCorpus& train, const data::Notice& notice) {
  const bool unnamed = tokenizer_of(options, Side::source).empty() || tokenizer_of(options, Side::target).empty();
  if (unnamed) {
    options.tokenizer = data::sentencepiece_available() ? "bpe" : "word";
    if (!data::sentencepiece_available()) notice("built without SentencePiece: words instead of pieces of words");
  }
  if (wants_joint_vocabulary(options.model)) {
    const data::Codec both = learn_side(options, Side::source, {train.source, train.target}, notice);
    return {both, both, true};
  }
  return {learn_side(options, Side::source, {train.source}, notice),
          learn_side(options, Side::target, {train.target}, notice), false};
}

}  // namespace grus::seq2seq
