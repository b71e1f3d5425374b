#pragma once
// The plain recurrent network, whose equation stands in ops/sequence/rnn.h.
#include "nn/recurrent.h"
#include "ops/sequence/rnn.h"

namespace grus::nn {

using grus::Activation;

struct RnnOptions {
  int64_t input, hidden;  // I, H
  int64_t layers = 1;
  Activation activation = Activation::tanh;
  bool bias = true;
  bool batch_first = false;
  double dropout = 0;  // between layers, in training
  bool bidirectional = false;
  bool locked_dropout = false;  // RecurrentOptions::locked_dropout
  int64_t checkpoint = 0;       // RecurrentOptions::checkpoint
  bool residual = false;        // RecurrentOptions::residual
  double weight_drop = 0;       // of weight_hh, one mask a call, in training (Merity et al. 2018)
};

/// Rnn is layers of plain recurrent networks. Shapes, names and first weights are those of Gru, with one gate.
class Rnn : public Module<Rnn, RecurrentStack> {
 public:
  explicit Rnn(RnnOptions options, Rng& rng = default_rng());

  RnnOptions options;

 protected:
  std::shared_ptr<const grus::Cell> made_of(const RecurrentWeights& given) const override;
};

}  // namespace grus::nn
