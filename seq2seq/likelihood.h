#pragma once
// Losses and probabilities of sentence pairs under teacher forcing, for every architecture.
#include "data/batch.h"
#include "seq2seq/architecture.h"

namespace grus::seq2seq {

/// Sources end where their words end; targets have <sos> and <eos>.
inline constexpr data::Marks source_marks = {.sos = false, .eos = false};

/// A batch as models take it, on its device.
struct PackedBatch {
  Tokens source;
  Tokens inputs;  // <sos> and the target without its end
  Tensor labels;  // the target and <eos>, packed as the inputs
};
/// Three copies, and no more than that: the loader has packed them.
PackedBatch to_device(const data::Batch& batch);

struct BatchLoss {
  Tensor loss;     // what training minimises: mean nats a target token, smoothed
  Tensor nll_sum;  // sum of -log p, no gradient
};
BatchLoss loss_of(const Architecture& model, const PackedBatch& batch, double label_smoothing);

/// The batch with some inputs replaced by the model's own choice: at each step, with chance 1 - teacher_forcing, the
/// whole batch reads what the model says (Bengio et al. 2015, one coin a step). Draws from default_rng().
PackedBatch with_own_words(Architecture& model, const PackedBatch& batch, double teacher_forcing);

/// Sum of -log p over all target tokens (<eos> included), and how many there are.
struct Likelihood {
  double nll = 0;
  int64_t tokens = 0;
};
Likelihood likelihood(const Architecture& model, const data::EncodedCorpus& corpus, int64_t batch_tokens = 4000);

/// log p(target | source) of each pair, <eos> included.
std::vector<double> log_probabilities(const Architecture& model, const data::EncodedCorpus& corpus,
                                      int64_t batch_tokens = 2000);

}  // namespace grus::seq2seq
