#include "ops/sequence/rnn.h"

#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"

namespace grus {
namespace {

const Op rnn_op("rnn", Op::Kind::plain);

}  // namespace

void cells::Rnn::check(const Tensor& x, const Lengths& lengths, const State& first) const {
  if (x.defined() && x.rank() == 3) return recurrence::require_padded("rnn", x, weights);
  recurrence::require_inputs("rnn", 1, x, lengths, weights, first, 1);
}

Output cells::Rnn::step(const Tensor& x, const State& state) const {
  const Tensor sum = x + linear(state.h, weights.weight_hh, weights.bias_hh);
  return activation == Activation::tanh ? tanh(sum) : relu(sum);
}

std::optional<Output> cells::Rnn::fused(const Tensor& x, const Lengths& lengths, const State& first,
                                        bool reverse) const {
  Tape* const program = Tape::program();
  if (!program) return std::nullopt;
  std::array<Tensor, 2> outputs;
  {
    const NoGrad composed;
    const Output out = scan_composed(*this, x, lengths, first, {.reverse = reverse});
    outputs = {out.y, out.state.h};
  }
  note(rnn_op, [&] {
    return Noted{{"reverse", reverse}, {"tanh", activation == Activation::tanh}, {"lengths", lengths.lengths_tensor()}};
  });
  const TensorArg args[]{x, weights.weight_ih, weights.weight_hh, weights.bias_ih, weights.bias_hh, first.h};
  program->push_program(rnn_op, args, outputs);
  return Output(outputs[0], outputs[1]);
}

}  // namespace grus
