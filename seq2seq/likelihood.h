#pragma once
// Losses and probabilities of sentence pairs under teacher forcing are computed here, for every architecture.
#include "data/pairs/batch.h"
#include "seq2seq/architecture.h"

namespace grus::seq2seq {

/// Sources have no marks; targets have <sos> and <eos>.
inline constexpr data::Marks source_marks = {.sos = false, .eos = false};

/// A PackedBatch is a batch as models take it, on its device.
struct PackedBatch {
  Tokens source;
  Tokens inputs;  // <sos> and the words of the target
  Tensor labels;  // the words of the target and <eos>, packed as `inputs`
};
/// Copies the batch, which the loader has packed, in three transfers.
PackedBatch to_device(const data::Batch& batch);

struct BatchLoss {
  Tensor loss;     // what training minimises: mean nats a target token, with label smoothing
  Tensor nll_sum;  // sum of -log p, without a gradient
};
BatchLoss loss_of(const Architecture& model, const PackedBatch& batch, double label_smoothing);

/// Returns the batch with some inputs replaced by the model's own choice: at each step, with probability 1 -
/// teacher_forcing, the whole batch reads the most probable word (Bengio et al. 2015, one coin a step). Draws from
/// default_rng().
PackedBatch with_own_words(Architecture& model, const PackedBatch& batch, double teacher_forcing);

/// nll = sum of -log p over all target tokens, <eos> included, and the number of these tokens.
struct Likelihood {
  double nll = 0;
  int64_t tokens = 0;
};
Likelihood likelihood(const Architecture& model, const data::EncodedCorpus& corpus, int64_t batch_tokens = 4000);

/// Returns log p(target | source) in nats of each pair, <eos> included.
std::vector<double> log_probabilities(const Architecture& model, const data::EncodedCorpus& corpus,
                                      int64_t batch_tokens = 2000);

}  // namespace grus::seq2seq
