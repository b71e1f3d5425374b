// The loss of a training by a protocol.
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "seq2seq/protocols/protocol.h"

namespace grus::seq2seq {

PackedBatch with_own_words(const Protocol& protocol, Architecture& model, const PackedBatch& batch,
                           double teacher_forcing, const Tensor& mask) {
  const NoGrad no_grad;
  const Lengths& lengths = batch.inputs.lengths;
  const int64_t draws = protocol.forces_sentences ? lengths.batch() : lengths.longest();
  const std::vector<float> coins = random_uniform({draws}, 0, 1, default_rng()).to_vector<float>();
  std::vector<int32_t> ids = batch.inputs.ids.to_vector<int32_t>();
  const std::unique_ptr<Decoder> decoder = model.decode(batch.source);
  const OutputLayer output = model.output();
  DecoderState state = decoder->start();
  const Tensor order = lengths.order_tensor();
  for (Tensor& part : state) part = gather_rows(part, order);
  for (int64_t t = 0; t + 1 < lengths.longest(); ++t) {
    const int64_t begin = lengths.start(t), alive = lengths.alive(t), next = lengths.alive(t + 1);
    const std::vector<int32_t> words(ids.begin() + begin, ids.begin() + begin + alive);
    for (Tensor& part : state) part = part.rows(0, alive);
    const std::vector<int64_t> sources(lengths.order().begin(), lengths.order().begin() + alive);
    Decoder::Step step = decoder->step(Tensor::from(words), state, sources);
    state = std::move(step.state);
    Tensor logits = linear(step.rows, output.weight, output.bias);
    if (mask.defined()) logits = logits * mask.rows(begin, begin + alive);
    const auto said = argmax(logits, -1).to_vector<int64_t>();
    for (int64_t i = 0; i < next; ++i) {
      const int64_t draw = protocol.forces_sentences ? lengths.order()[static_cast<size_t>(i)] : t + 1;
      if (coins[static_cast<size_t>(draw)] < teacher_forcing) continue;
      ids[static_cast<size_t>(lengths.start(t + 1) + i)] = static_cast<int32_t>(said[static_cast<size_t>(i)]);
    }
  }
  return {batch.source, {Tensor::from(ids), lengths}, batch.labels, batch.guide};
}

BatchLoss protocol_loss(const Protocol& protocol, Architecture& model, PackedBatch batch, double teacher_forcing) {
  const OutputLayer output = model.output();
  const int64_t rows = batch.labels.numel();
  Tensor mask;
  if (protocol.logits_dropout > 0) mask = random_keep_mask({rows, output.weight.dim(0)}, protocol.logits_dropout);
  if (teacher_forcing < 1) batch = with_own_words(protocol, model, batch, teacher_forcing, mask);
  Tensor logits = linear(model.forward_rows(batch.source, batch.inputs).rows, output.weight, output.bias);
  if (mask.defined()) logits = logits * mask;
  const Tensor loss = cross_entropy(logits, batch.labels);
  return {loss * protocol.loss_factor, loss.detach() * static_cast<double>(rows), {}};
}

}  // namespace grus::seq2seq
