// What a protocol says of a text at the end.
#include "seq2seq/protocols/protocol.h"
#include "data/pairs/bleu.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"

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
  std::vector<bool> ended(sources.size(), false);
  DecoderState state = decoder->start();
  for (int64_t t = 0; t < steps; ++t) {
    Decoder::Step step = decoder->step(Tensor::from(words), state, of);
    state = std::move(step.state);
    const auto best = argmax(linear(step.rows, output.weight, output.bias), -1).to_vector<int64_t>();
    for (size_t n = 0; n < said.size(); ++n) {
      words[n] = static_cast<int32_t>(best[n]);
      if (!ended[n]) said[n].push_back(words[n]);
      if (words[n] == data::EOS) ended[n] = true;
    }
  }
  return said;
}

}  // namespace

ProtocolTest judge(const Protocol& protocol, const Architecture& model, const Codecs& codecs,
                   const data::ReferenceCorpus& text) {
  constexpr size_t batch = 64;
  data::EncodedCorpus pairs;
  data::References references;
  const auto fits = [&](const std::vector<int32_t>& ids) {
    return protocol.most_words == 0 || std::ssize(ids) <= protocol.most_words;
  };
  for (size_t n = 0; n < text.source.size(); ++n) {
    const std::string& reference = text.references[n].front();
    std::vector<int32_t> source = codecs.source.encode(text.source[n]), target = codecs.target.encode(reference);
    if (!fits(source) || !fits(target)) continue;
    references.push_back({protocol.references_through_vocabulary ? codecs.target.decode(target) : reference});
    pairs.source.push_back(std::move(source));
    pairs.target.push_back(std::move(target));
  }
  std::vector<std::string> said;
  for (size_t begin = 0; begin < pairs.source.size(); begin += batch) {
    const size_t count = std::min(batch, pairs.source.size() - begin);
    for (auto& ids : say_greedily(model, std::span(pairs.source).subspan(begin, count), protocol.most_steps)) {
      if (protocol.drops_last_word) ids.pop_back();
      said.push_back(codecs.target.decode(ids));
    }
  }
  ProtocolTest test{said.empty() ? 0 : data::corpus_bleu(said, references, {.tokenize = "none"}).score,
                    std::ssize(said)};
  if (protocol.judges_letters && !said.empty()) {
    parallel::Communicator alone;
    int64_t right = 0;
    const Likelihood text_loss = likelihood(protocol, model, pairs, alone, &right);
    test.loss = text_loss.nll / static_cast<double>(text_loss.tokens);
    test.right_share = static_cast<double>(right) / static_cast<double>(text_loss.tokens);
  }
  return test;
}

}  // namespace grus::seq2seq
