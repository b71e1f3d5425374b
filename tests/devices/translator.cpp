#include "tests/devices/translator.h"

#include "ops/loss/linear_cross_entropy.h"
#include "ops/math/dropout.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "ops/sequence/attention_gru.h"
#include "optim/clip.h"

namespace grus::test {
namespace {

using Model = SmallTranslator;

std::vector<int32_t> packed(const Lengths& lengths, int32_t salt) {
  std::vector<int32_t> ids;
  for (int64_t t = 0; t < lengths.longest(); ++t)
    for (int64_t i = 0; i < lengths.alive(t); ++i)
      ids.push_back(
          static_cast<int32_t>((3 * t + 5 * lengths.order()[static_cast<size_t>(i)] + 7 * salt) % Model::words));
  return ids;
}

nn::Embedding embedding(Rng& rng) { return nn::Embedding({.count = Model::words, .width = Model::width}, rng); }

}  // namespace

Sentences sentences(int64_t batch, int64_t longest, int32_t salt) {
  std::vector<int64_t> source, target;
  for (int64_t b = 0; b < batch; ++b) {
    source.push_back(1 + (b * 3 + salt) % longest);
    target.push_back(1 + (b * 5 + 2 * salt) % longest);
  }
  const Lengths source_lengths(source), target_lengths(target);
  return {Tensor::from(packed(source_lengths, salt)), Tensor::from(packed(target_lengths, salt + 1)),
          Tensor::from(packed(target_lengths, salt + 2)), source_lengths, target_lengths};
}

SmallTranslator::SmallTranslator(Rng& rng)
    : source_embedding(child("source_embedding", embedding(rng))),
      target_embedding(child("target_embedding", embedding(rng))),
      encoder(child("encoder", nn::Gru({.input = width, .hidden = hidden / 2, .bidirectional = true}, rng))),
      initial(child("initial", nn::Linear(hidden, hidden, rng))),
      query(child("query", nn::Linear(hidden, hidden, rng))),
      key(child("key", nn::Linear(hidden, hidden, rng, {.bias = false}))),
      score(child("score", nn::Linear(hidden, 1, rng, {.bias = false}))),
      cell(child("cell", nn::GruCell({.input = width + hidden, .hidden = hidden}, rng))),
      output(child("output", nn::Linear(2 * hidden + width, words, rng))) {}

Tensor SmallTranslator::embedded(const nn::Embedding& table, const Tensor& ids, const Lengths& lengths) const {
  const Tensor x = table(ids);
  return is_training() ? dropout(x, 0.2, default_rng(), lengths.packed_rows()) : x;
}

Tensor SmallTranslator::forward(const Sentences& batch) const {
  const Output states =
      encoder.forward_packed(embedded(source_embedding, batch.source, batch.source_lengths), batch.source_lengths);
  const Tensor start = tanh(initial(concat({states.state.h[0], states.state.h[1]}, 1)));
  const Tensor read = embedded(target_embedding, batch.inputs, batch.target_lengths);
  const Output decoded =
      attention_gru(read, batch.target_lengths, start, {key(states.y), states.y, batch.source_lengths},
                    {{}, cell.weights, query.weight, query.bias, score.weight.tensor().reshape({hidden}), {}});
  return linear_cross_entropy(concat({decoded.y, decoded.attention.context, read}, 1), output.weight, output.bias,
                              batch.targets, {.label_smoothing = 0.1})
      .loss;
}

Training::Training() { manual_seed(11); }

Tensor Training::step(const Sentences& batch) {
  Tensor loss;
  {
    Tape tape;
    loss = model(batch);
    tape.backward(loss);
  }
  adam.step(optim::clip_scale(optim::grad_norm(parameters), 1.0));
  adam.zero_grad();
  return loss;
}

double Training::judge(const Sentences& batch) {
  const NoGrad off;
  model.eval();
  const double loss = model(batch).item();
  model.train();
  return loss;
}

std::vector<double> losses_on(Device device, int64_t steps) {
  const OnDevice here(device);
  Training training;
  std::vector<double> losses;
  for (int64_t step = 0; step < steps; ++step)
    losses.push_back(training.step(sentences(6, 7, static_cast<int32_t>(step % 3))).item());
  return losses;
}

}  // namespace grus::test
