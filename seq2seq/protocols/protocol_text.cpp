// Text, and what is said of it.
#include "data/pairs/bleu.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "seq2seq/protocols/protocol.h"

namespace grus::seq2seq {
namespace {

// Returns the most probable words of each source, whatever they are, up to <eos> or so many steps.
std::vector<std::vector<int32_t>> say_greedily(const Architecture& model, std::span<const std::vector<int32_t>> sources,
                                               int64_t steps) {
  const NoGrad no_grad;
  const std::unique_ptr<Decoder> decoder = model.decode(pack_tokens(sources));
  const OutputLayer output = model.output();
  std::vector<std::vector<int32_t>> said(sources.size());
  std::vector<int64_t> of(sources.size());
  for (size_t n = 0; n < of.size(); ++n) of[n] = static_cast<int64_t>(n);
  std::vector<int32_t> words(sources.size(), data::SOS);
  DecoderState state = decoder->start();
  for (int64_t t = 0; t < steps; ++t) {
    Decoder::Step step = decoder->step(Tensor::from(words), state, of);
    state = std::move(step.state);
    const auto best = argmax(linear(step.rows, output.weight, output.bias), -1).to_vector<int64_t>();
    for (size_t n = 0; n < said.size(); ++n) {
      words[n] = static_cast<int32_t>(best[n]);
      said[n].push_back(words[n]);
    }
  }
  return said;  // Codec::decode ends at <eos>
}

}  // namespace

data::ParallelCorpus vocabulary_text(const TrainOptions& options, const Corpora& corpora) {
  data::ParallelCorpus text = corpora.train;
  const Protocol* protocol = protocol_of(options);
  if (!protocol || !protocol->vocabulary_of_all_splits) return text;
  for (const data::ReferenceCorpus* split : {&corpora.test, &corpora.valid})
    for (size_t n = 0; n < split->source.size(); ++n) {
      text.source.push_back(split->source[n]);
      text.target.push_back(split->references[n].front());
    }
  return text;
}

ProtocolTest judge(const Protocol& protocol, const Architecture& model, const Codecs& codecs,
                   const data::ReferenceCorpus& text) {
  constexpr size_t batch = 64;
  std::vector<std::vector<int32_t>> sources;
  data::References references;
  const auto fits = [&](const std::vector<int32_t>& ids) {
    return protocol.most_words == 0 || std::ssize(ids) <= protocol.most_words;
  };
  for (size_t n = 0; n < text.source.size(); ++n) {
    const std::string& reference = text.references[n].front();
    std::vector<int32_t> source = codecs.source.encode(text.source[n]), target = codecs.target.encode(reference);
    if (!fits(source) || !fits(target)) continue;
    sources.push_back(std::move(source));
    references.push_back({protocol.references_through_vocabulary ? codecs.target.decode(target) : reference});
  }
  std::vector<std::string> said;
  for (size_t begin = 0; begin < sources.size(); begin += batch) {
    const size_t count = std::min(batch, sources.size() - begin);
    for (const auto& ids : say_greedily(model, std::span(sources).subspan(begin, count), protocol.target_steps))
      said.push_back(codecs.target.decode(ids));
  }
  return {said.empty() ? 0 : data::corpus_bleu(said, references, {.tokenize = "none"}).score, std::ssize(said)};
}

}  // namespace grus::seq2seq
