#include "seq2seq/protocols/padding.h"

#include "core/base/error.h"
#include "data/text/vocab.h"

namespace grus::seq2seq {
namespace {

// Returns the sentences of packed rows, in the caller's order.
std::vector<std::vector<int32_t>> sentences_of(const Tensor& packed, const Lengths& lengths) {
  const std::vector<int32_t> ids = packed.to_vector<int32_t>();
  std::vector<std::vector<int32_t>> sentences(static_cast<size_t>(lengths.batch()));
  for (int64_t t = 0; t < lengths.longest(); ++t)
    for (int64_t i = 0; i < lengths.alive(t); ++i)
      sentences[static_cast<size_t>(lengths.order()[static_cast<size_t>(i)])].push_back(
          ids[static_cast<size_t>(lengths.start(t) + i)]);
  return sentences;
}

void fill_up(std::vector<int32_t>& sentence, int64_t length, int32_t fill) {
  if (std::ssize(sentence) < length) sentence.resize(static_cast<size_t>(length), fill);
}

}  // namespace

Tokens formed_source(const Tokens& source, const SourceForm& form) {
  std::vector<std::vector<int32_t>> sentences = sentences_of(source.ids, source.lengths);
  for (std::vector<int32_t>& sentence : sentences) {
    if (form.marks.sos) sentence.insert(sentence.begin(), data::SOS);
    if (form.marks.eos) sentence.push_back(data::EOS);
    fill_up(sentence, form.length, form.fill);
  }
  return pack_tokens(sentences);
}

Tokens marked_source(const Tokens& source) {
  const bool marked = source.ids.numel() > 0 && source.ids.rows(0, 1).to_vector<int32_t>().front() == data::SOS;
  return marked ? source : formed_source(source, {});
}

PackedBatch padded_targets(const PackedBatch& batch, int64_t steps, int32_t fill) {
  const Lengths& lengths = batch.inputs.lengths;
  require<UsageError>(lengths.longest() <= steps, "[padded_targets] need targets of at most {} words and <eos>, got {}",
                      steps, lengths.longest());
  std::vector<std::vector<int32_t>> labels = sentences_of(batch.labels, lengths), inputs = labels;
  for (size_t n = 0; n < labels.size(); ++n) {
    fill_up(labels[n], steps, fill);
    inputs[n] = labels[n];
    inputs[n].pop_back();
    inputs[n].insert(inputs[n].begin(), data::SOS);
  }
  return {batch.source, pack_tokens(inputs), pack_tokens(labels).ids, batch.guide};
}

}  // namespace grus::seq2seq
