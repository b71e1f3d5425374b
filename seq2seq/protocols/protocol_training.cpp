// The loss of a training by a protocol.
#include <algorithm>
#include <optional>

#include "ops/loss/linear_cross_entropy.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "seq2seq/protocols/padding.h"
#include "seq2seq/protocols/protocol.h"

namespace grus::seq2seq {

PackedBatch formed_batch(const Protocol& protocol, PackedBatch batch) {
  if (protocol.source_ids > 0) batch.source = formed_source(batch.source, {.length = protocol.source_ids});
  return protocol.target_steps > 0 ? padded_targets(batch, protocol.target_steps, protocol.target_fill) : batch;
}

namespace {

constexpr int32_t ignored = -100;

/// A Follower goes through the steps of one batch, whose rows stand longest target first.
class Follower {
 public:
  Follower(const Protocol& protocol, const Architecture& model, const PackedBatch& batch, double teacher_forcing,
           const Tensor& mask)
      : protocol_(protocol),
        lengths_(batch.inputs.lengths),
        output_(model.output()),
        mask_(mask),
        read_(batch.inputs.ids.to_vector<int32_t>()),
        labels_(batch.labels.to_vector<int32_t>()),
        stopped_(static_cast<size_t>(lengths_.batch()), false) {
    const int64_t draws = protocol.forces_sentences ? lengths_.batch() : lengths_.longest();
    own_.assign(static_cast<size_t>(draws), true);
    if (teacher_forcing <= 0) return;  // a validation draws no numbers
    const std::vector<float> coins = random_uniform({draws}, 0, 1, default_rng()).to_vector<float>();
    for (size_t n = 0; n < coins.size(); ++n) own_[n] = coins[n] >= teacher_forcing;
  }

  Followed run(Decoder& decoder) {
    DecoderState state = decoder.start();
    for (Tensor& part : state) part = gather_rows(part, lengths_.order_tensor());
    std::vector<Tensor> rows;
    int64_t t = 0;
    for (bool going = true; going && t < lengths_.longest(); ++t) {
      const int64_t begin = lengths_.start(t), alive = lengths_.alive(t);
      const std::vector<int32_t> words(read_.begin() + begin, read_.begin() + begin + alive);
      for (Tensor& part : state) part = part.rows(0, alive);
      const std::vector<int64_t> sources(lengths_.order().begin(), lengths_.order().begin() + alive);
      Decoder::Step step = decoder.step(Tensor::from(words), state, sources);
      state = std::move(step.state);
      if (t + 1 < lengths_.longest()) going = choose(t, step.rows);
      rows.push_back(std::move(step.rows));
    }
    const auto seen = t < lengths_.longest() ? lengths_.start(t) : lengths_.total();
    labels_.resize(static_cast<size_t>(seen));
    const auto counted = seen - std::count(labels_.begin(), labels_.end(), ignored);
    return {concat(rows, 0), Tensor::from(labels_), counted, {Tensor::from(read_), lengths_}};
  }

 private:
  bool reads_own(int64_t t, int64_t row) const {
    return own_[static_cast<size_t>(protocol_.forces_sentences ? lengths_.order()[static_cast<size_t>(row)] : t)];
  }

  // Puts the words of step t into the next one; returns false where no later step costs anything.
  bool choose(int64_t t, const Tensor& rows) {
    const NoGrad off;
    const int64_t next = lengths_.alive(t + 1);
    std::vector<int64_t> own;
    for (int64_t row = 0; row < next; ++row)
      if (reads_own(t + 1, row)) own.push_back(row);
    if (own.empty()) return true;
    const Tensor ids = Tensor::from(own);
    Tensor logits = linear(gather_rows(rows.detach(), ids), output_.weight, output_.bias);
    if (mask_.defined()) logits = logits * gather_rows(mask_.rows(lengths_.start(t), lengths_.start(t) + next), ids);
    const auto said = argmax(logits, -1).to_vector<int64_t>();
    for (size_t i = 0; i < own.size(); ++i)
      read_[static_cast<size_t>(lengths_.start(t + 1) + own[i])] = static_cast<int32_t>(said[i]);
    if (!protocol_.stops_at_own_eos) return true;
    for (size_t i = 0; i < own.size(); ++i)
      if (said[i] == data::EOS) stopped_[static_cast<size_t>(own[i])] = true;
    bool going = false;
    for (int64_t row = 0; row < next; ++row) {
      const bool stopped = stopped_[static_cast<size_t>(row)];
      if (stopped) labels_[static_cast<size_t>(lengths_.start(t + 1) + row)] = ignored;
      going |= !stopped;
    }
    return going;
  }

  const Protocol& protocol_;
  const Lengths& lengths_;
  const OutputLayer output_;
  const Tensor mask_;
  std::vector<bool> own_;  // of each sentence, in the caller's order, or of each step
  std::vector<int32_t> read_, labels_;
  std::vector<bool> stopped_;  // rows that have said <eos>
};

}  // namespace

Followed follow(const Protocol& protocol, const Architecture& model, const PackedBatch& batch, double teacher_forcing,
                const Tensor& mask) {
  if (teacher_forcing >= 1)
    return {model.forward_rows(batch.source, batch.inputs).rows, batch.labels, batch.labels.numel(), batch.inputs};
  return Follower(protocol, model, batch, teacher_forcing, mask).run(*model.decode(batch.source));
}

BatchLoss protocol_loss(const Protocol& protocol, const Architecture& model, const PackedBatch& batch,
                        double teacher_forcing) {
  const OutputLayer output = model.output();
  const int64_t steps = batch.labels.numel();
  Tensor mask;
  if (protocol.logits_dropout > 0) mask = random_keep_mask({steps, output.weight.dim(0)}, protocol.logits_dropout);
  const Followed seen = follow(protocol, model, batch, teacher_forcing, mask);
  const double factor = protocol.loss_factor * static_cast<double>(seen.counted) / static_cast<double>(steps);
  if (!mask.defined()) {
    LinearCrossEntropyOutput out = linear_cross_entropy(seen.rows, output.weight, output.bias, seen.labels);
    return {out.loss * factor, std::move(out.nll_sum), {}};
  }
  const Tensor loss =
      cross_entropy(linear(seen.rows, output.weight, output.bias) * mask.rows(0, seen.rows.dim(0)), seen.labels);
  return {loss * factor, loss.detach() * static_cast<double>(seen.counted), {}};
}

namespace {

int64_t right_of(const Tensor& logits, const Tensor& labels) {
  const auto said = argmax(logits, -1).to_vector<int64_t>();
  const auto right = labels.to_vector<int32_t>();
  int64_t count = 0;
  for (size_t n = 0; n < right.size(); ++n) count += said[n] == right[n];
  return count;
}

}  // namespace

Likelihood likelihood(const Protocol& protocol, const Architecture& model, const data::EncodedCorpus& corpus,
                      parallel::Communicator& ranks, int64_t* right) {
  if (protocol.validation == Protocol::Validation::plain) return likelihood(model, corpus, ranks);
  const double teacher_forcing = protocol.validation == Protocol::Validation::forced ? 1 : 0;
  const OutputLayer output = model.output();
  return likelihood(corpus, ranks, [&](const data::Batch& packed) -> Likelihood {
    const PackedBatch batch = formed_batch(protocol, to_device(packed));
    const Followed seen = follow(protocol, model, batch, teacher_forcing);
    const Tensor logits = linear(seen.rows, output.weight, output.bias);
    if (right) *right += right_of(logits, seen.labels);
    const Tensor nll = cross_entropy(logits, seen.labels, {.reduction = Reduction::sum});
    return {nll.item(), seen.counted};
  });
}

}  // namespace grus::seq2seq
