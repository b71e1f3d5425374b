#include "examples/seq2seq/corpora.h"

#include "data/sentencepiece.h"

namespace grus::seq2seq {
namespace {

data::ReferenceCorpus read_references(const std::string& tsv, const std::string& source, const std::string& target) {
  return tsv.empty() ? data::read_references(source, {target}) : data::read_references_tsv(tsv);
}

}  // namespace

data::ReferenceCorpus read_test(const TrainOptions& o) {
  if (o.test.empty() && o.test_source.empty()) return {};
  return read_references(o.test, o.test_source, o.test_target);
}

Corpora read_corpora(const TrainOptions& o) {
  return {o.train.empty() ? data::read_parallel(o.train_source, o.train_target) : data::read_tsv(o.train),
          read_references(o.valid, o.valid_source, o.valid_target), read_test(o)};
}

Codecs learn_codecs(TrainOptions& options, const data::ParallelCorpus& train, const data::Notice& notice) {
  if (options.tokenizer.empty()) {
    options.tokenizer = data::sentencepiece_available() ? "bpe" : "word";
    if (!data::sentencepiece_available()) notice("built without SentencePiece: words instead of pieces of words");
  }
  const data::CodecOptions codec{.kind = options.tokenizer, .size = options.vocab, .min_count = options.min_count};
  const std::span<const std::string> source(train.source), target(train.target);
  if (wants_joint_vocabulary(options.model)) {
    data::Codec both = data::Codec::learn({source, target}, codec, notice);
    return {both, both, true};
  }
  return {data::Codec::learn({source}, codec, notice), data::Codec::learn({target}, codec, notice), false};
}

}  // namespace grus::seq2seq
