#include "seq2seq/pair_batches.h"

namespace grus::seq2seq {
namespace {

data::LoaderOptions with_marks(data::LoaderOptions options) {
  options.source_marks = source_marks;
  return options;
}

}  // namespace

PairBatches::PairBatches(data::EncodedCorpus corpus, data::LoaderOptions options, const data::Notice& notice)
    : loader_(std::move(corpus), with_marks(options), notice) {}

std::optional<PackedBatch> PairBatches::next() {
  const std::optional<data::Batch> batch = loader_.next();
  return batch ? std::optional(to_device(*batch)) : std::nullopt;
}

}  // namespace grus::seq2seq
