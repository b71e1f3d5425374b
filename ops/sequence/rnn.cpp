#include "ops/sequence/rnn.h"

#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"

namespace grus {

void cells::Rnn::check(const Tensor& x, const Lengths& lengths, const State& first) const {
  if (x.defined() && x.rank() == 3) return recurrence::require_padded("rnn", x, weights);
  recurrence::require_inputs("rnn", 1, x, lengths, weights, first, 1);
}

Output cells::Rnn::step(const Tensor& x, const State& state) const {
  const Tensor sum = x + linear(state.h, weights.weight_hh, weights.bias_hh);
  return activation == Activation::tanh ? tanh(sum) : relu(sum);
}

}  // namespace grus
