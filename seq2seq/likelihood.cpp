#include "seq2seq/likelihood.h"

#include <cstring>

#include "data/pairs/loader.h"
#include "ops/loss/linear_cross_entropy.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"

namespace grus::seq2seq {
namespace {

void for_each_batch(const data::EncodedCorpus& corpus, int64_t batch_tokens,
                    const std::function<void(const data::Batch&)>& visit) {
  data::LoaderOptions options;
  options.batch_tokens = batch_tokens;
  options.shuffle = false;
  options.bucket = std::max<int64_t>(corpus.size(), 1);
  options.source_marks = source_marks;
  data::Loader loader(corpus, options);
  loader.start(0);
  while (const std::optional<data::Batch> batch = loader.next()) visit(*batch);
}

}  // namespace

PackedBatch to_device(const data::Batch& batch) {
  return {{batch.source.tensor(), batch.source.lengths},
          {batch.inputs.tensor(), batch.inputs.lengths},
          Tensor::from(batch.labels, batch.inputs.lengths.device()),
          {}};
}

namespace {

Tensor guided_loss(const Tensor& weights, const PackedBatch& batch) {
  require<UsageError>(weights.defined(), "[loss_of] need a model with attention for a guide, got none");
  const int64_t places = weights.numel(), words = batch.labels.numel();
  const Tensor looked = gather_rows(weights.reshape({places}), batch.guide.places);
  return sum(batch.guide.shares * log(looked + 1e-6)) * (-1 / static_cast<double>(words));
}

}  // namespace

BatchLoss loss_of(const Architecture& model, const PackedBatch& batch, double label_smoothing,
                  double alignment_weight) {
  const Architecture::Forced forced = model.forward_rows(batch.source, batch.inputs);
  const OutputLayer output = model.output();
  LinearCrossEntropyOutput out =
      linear_cross_entropy(forced.rows, output.weight, output.bias, batch.labels, {.label_smoothing = label_smoothing});
  BatchLoss of{std::move(out.loss), std::move(out.nll_sum), {}};
  if (batch.guide.places.defined()) {
    of.alignment_loss = guided_loss(forced.weights, batch);
    of.loss = of.loss + of.alignment_loss * alignment_weight;
  }
  return of;
}

PackedBatch with_own_words(Architecture& model, const PackedBatch& batch, double teacher_forcing) {
  const NoGrad no_grad;
  const Lengths& lengths = batch.inputs.lengths;
  const std::vector<float> coins = random_uniform({lengths.longest()}, 0, 1, default_rng()).to_vector<float>();
  std::vector<int32_t> ids = batch.inputs.ids.to_vector<int32_t>();
  const bool training = model.module().is_training();
  model.module().eval();  // log-probabilities are those of the model without dropout
  const std::unique_ptr<Decoder> decoder = model.decode(batch.source);
  const OutputLayer output = model.output();
  const Tensor order = lengths.order_tensor();
  DecoderState state = decoder->start();
  for (Tensor& part : state) part = gather_rows(part, order);  // packed rows stand longest first
  for (int64_t t = 0; t + 1 < lengths.longest(); ++t) {
    const auto begin = ids.begin() + lengths.start(t);
    const std::vector<int32_t> words(begin, begin + lengths.alive(t));
    for (Tensor& part : state) part = part.rows(0, lengths.alive(t));
    const std::vector<int64_t> sources(lengths.order().begin(), lengths.order().begin() + lengths.alive(t));
    Decoder::Step step = decoder->step(Tensor::from(words), state, sources);
    state = std::move(step.state);
    if (coins[static_cast<size_t>(t + 1)] < teacher_forcing) continue;
    const auto said = argmax(linear(step.rows, output.weight, output.bias), -1).to_vector<int64_t>();
    for (int64_t i = 0; i < lengths.alive(t + 1); ++i)
      ids[static_cast<size_t>(lengths.start(t + 1) + i)] = static_cast<int32_t>(said[static_cast<size_t>(i)]);
  }
  model.module().train(training);
  return {batch.source, {Tensor::from(ids), lengths}, batch.labels, batch.guide};
}

Likelihood likelihood(const Architecture& model, const data::EncodedCorpus& corpus, int64_t batch_tokens) {
  parallel::Communicator alone;
  return likelihood(model, corpus, alone, batch_tokens);
}

Likelihood likelihood(const Architecture& model, const data::EncodedCorpus& corpus, parallel::Communicator& ranks,
                      int64_t batch_tokens) {
  const auto of_batch = [&](const data::Batch& batch) -> Likelihood {
    return {loss_of(model, to_device(batch), 0).nll_sum.item(), std::ssize(batch.labels)};
  };
  return likelihood(corpus, ranks, of_batch, batch_tokens);
}

// The ranks' sums of batches stand in one list, batch by batch; each batch is one rank's, and 0 with the others.
Likelihood likelihood(const data::EncodedCorpus& corpus, parallel::Communicator& ranks,
                      const std::function<Likelihood(const data::Batch&)>& of_batch, int64_t batch_tokens) {
  const NoGrad no_grad;
  std::vector<Likelihood> own;
  for_each_batch(corpus, batch_tokens, [&](const data::Batch& batch) {
    own.push_back(std::ssize(own) % ranks.size() == ranks.rank() ? of_batch(batch) : Likelihood());
  });
  const std::string bytes(reinterpret_cast<const char*>(own.data()), own.size() * sizeof(Likelihood));
  const std::vector<std::string> all = ranks.gather("likelihood", bytes);
  Likelihood sum;
  for (size_t i = 0; i < own.size(); ++i) {
    Likelihood one;
    std::memcpy(&one, all[i % all.size()].data() + i * sizeof one, sizeof one);
    sum.nll += one.nll;
    sum.tokens += one.tokens;
  }
  return sum;
}

std::vector<double> log_probabilities(const Architecture& model, const data::EncodedCorpus& corpus,
                                      int64_t batch_tokens) {
  const NoGrad no_grad;
  std::vector<double> sums(static_cast<size_t>(corpus.size()));
  const OutputLayer output = model.output();
  for_each_batch(corpus, batch_tokens, [&](const data::Batch& batch) {
    const PackedBatch packed = to_device(batch);
    const Tensor logits = linear(model.forward_rows(packed.source, packed.inputs).rows, output.weight, output.bias);
    CrossEntropyOptions each;
    each.reduction = Reduction::none;
    const auto nll = cross_entropy(logits, packed.labels, each).to_vector<float>();
    const auto rows = packed.inputs.lengths.batch_rows().to_vector<int64_t>();
    for (size_t n = 0; n < rows.size(); ++n)
      sums[static_cast<size_t>(batch.index[static_cast<size_t>(rows[n])])] -= static_cast<double>(nll[n]);
  });
  return sums;
}

std::vector<std::vector<float>> forced_weights(const Architecture& model, const data::EncodedCorpus& corpus,
                                               int64_t batch_tokens) {
  const NoGrad no_grad;
  std::vector<std::vector<float>> all(static_cast<size_t>(corpus.size()));
  for_each_batch(corpus, batch_tokens, [&](const data::Batch& batch) {
    const PackedBatch packed = to_device(batch);
    const Tensor weights = model.forward_rows(packed.source, packed.inputs).weights;
    require<UsageError>(weights.defined(), "[forced_weights] need a model with attention, got {}", model.name());
    const auto values = weights.to_vector<float>();
    const Lengths& targets = packed.inputs.lengths;
    for (size_t b = 0; b < batch.index.size(); ++b) {
      std::vector<float>& own = all[static_cast<size_t>(batch.index[b])];
      const int64_t words = packed.source.lengths[static_cast<int64_t>(b)];
      for (int64_t t = 0; t < targets[static_cast<int64_t>(b)]; ++t) {
        const auto row = values.begin() + (targets.start(t) + targets.rank()[b]) * weights.dim(1);
        own.insert(own.end(), row, row + words);
      }
    }
  });
  return all;
}

}  // namespace grus::seq2seq
