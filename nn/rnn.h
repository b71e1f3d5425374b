#pragma once
// The plain recurrent network (the equation: ops/rnn.h).
#include "nn/recurrent.h"
#include "ops/rnn.h"

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
  bool locked_dropout = false;  // as RecurrentOptions have it
  int64_t checkpoint = 0;       // as RecurrentOptions have it
};

/// Layers of plain recurrent networks: shapes, names and first weights as Gru's, with one gate.
class Rnn : public Module<Rnn, RecurrentStack> {
 public:
  explicit Rnn(RnnOptions options, Rng& rng = default_rng());

  RnnOptions options;

 protected:
  std::shared_ptr<const grus::Cell> made_of(const CellParameters& parameters) const override;
};

}  // namespace grus::nn
