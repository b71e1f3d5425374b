#pragma once
// The plain recurrent network (Elman 1990):  h' = act(W x + b + U h + b'),  act = tanh or relu. Composed of plain ops.
#include "nn/recurrent.h"

namespace grus::nn {

enum class Activation { tanh, relu };

struct RnnOptions {
  int64_t input, hidden;  // I, H
  int64_t layers = 1;
  Activation activation = Activation::tanh;
  bool bias = true;
  bool batch_first = false;
  double dropout = 0;  // between layers, in training
  bool bidirectional = false;
};

/// Shapes, names and first weights as Gru's, with one gate.
class Rnn : public Module<Rnn, RecurrentStack> {
 public:
  explicit Rnn(RnnOptions options, Rng& rng = default_rng());
  RecurrentOutput forward(const Tensor& x, const Tensor& h0 = Tensor()) const;
  RecurrentOutput forward(const Tensor& x, const Lengths& lengths, const Tensor& h0 = Tensor()) const;
  RecurrentOutput forward_packed(const Tensor& x, const Lengths& lengths, const Tensor& h0 = Tensor()) const;

  RnnOptions options;

 private:
  Layer layer() const;
};

}  // namespace grus::nn
