#pragma once
// Losses and probabilities of sentence pairs under teacher forcing are computed here, for every architecture.
#include <functional>

#include "data/pairs/batch.h"
#include "parallel/communicator.h"
#include "seq2seq/architecture.h"

namespace grus::seq2seq {

/// Sources have no marks; targets have <sos> and <eos>.
inline constexpr data::Marks source_marks = {.sos = false, .eos = false};

/// A Guide says where the target words of a batch should look; its tensors are undefined where nobody says it.
struct Guide {
  Tensor places;  // (K) i64: row * S + source place, for each link of a row of `inputs`
  Tensor shares;  // (K): 1 / the row's links
};

/// A PackedBatch is a batch as models take it, on its device.
struct PackedBatch {
  Tokens source;
  Tokens inputs;  // <sos> and the words of the target
  Tensor labels;  // the words of the target and <eos>, packed as `inputs`
  Guide guide = {};
};
/// Copies the batch, which the loader has packed, in three transfers.
PackedBatch to_device(const data::Batch& batch);

struct BatchLoss {
  Tensor loss;     // what training minimises: mean nats a target token, with label smoothing and the guide's part
  Tensor nll_sum;  // sum of -log p, without a gradient
  Tensor alignment_loss;  // the guide's part before its weight; undefined without a guide
};
/// With a guide, loss = cross entropy + weight * G, where G = - 1/N sum_t sum_s A[t, s] log(a[t, s] + 1e-6) over the N
/// target tokens; a are the attention's weights, A[t, s] = 1 / links of t at its links (Chen et al. 2016, arXiv
/// 1607.01628). Throws UsageError for a guide of a model without attention.
BatchLoss loss_of(const Architecture& model, const PackedBatch& batch, double label_smoothing,
                  double alignment_weight = 0);

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
/// Shares the batches out among ranks, which all get the sum, with the bits of one rank's.
Likelihood likelihood(const Architecture& model, const data::EncodedCorpus& corpus, parallel::Communicator& ranks,
                      int64_t batch_tokens = 4000);

/// Adds up what `of_batch` returns of each batch. Ranks share the batches out, as above.
Likelihood likelihood(const data::EncodedCorpus& corpus, parallel::Communicator& ranks,
                      const std::function<Likelihood(const data::Batch&)>& of_batch, int64_t batch_tokens = 4000);

/// Returns log p(target | source) in nats of each pair, <eos> included.
std::vector<double> log_probabilities(const Architecture& model, const data::EncodedCorpus& corpus,
                                      int64_t batch_tokens = 2000);

/// Returns the attention's weights of each pair under teacher forcing (target words and <eos>, source words).
std::vector<std::vector<float>> forced_weights(const Architecture& model, const data::EncodedCorpus& corpus,
                                               int64_t batch_tokens = 2000);

}  // namespace grus::seq2seq
