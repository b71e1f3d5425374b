#include "nn/rnn.h"

#include <algorithm>

#include "nn/path_scope.h"
#include "ops/elementwise.h"
#include "ops/index.h"
#include "ops/matmul.h"
#include "ops/shape.h"

namespace grus::nn {

namespace {

// Rows are ordered by length, longest first: at step t the first alive(t) of them take part. Forwards, the last ones
// drop out as their sequences end; in reverse they join, each at its own last step.
RecurrentOutput run_layer(const Tensor& x, const Lengths& lengths, const Tensor& h0, const CellParameters& cell,
                          bool reverse, Activation activation) {
  const int64_t hidden = cell.weight_hh.dim(1), batch = lengths.batch(), longest = lengths.longest();
  const Tensor inputs = linear(x, cell.weight_ih, cell.bias_ih);  // (N, H), all steps in one product
  const Tensor start =
      h0.defined() ? gather_rows(h0, lengths.order_tensor()) : Tensor::zeros({batch, hidden}, x.dtype(), x.device());
  std::vector<Tensor> ys(static_cast<size_t>(longest)), finished;
  Tensor h = reverse ? start.rows(0, 0) : start;
  for (int64_t i = 0; i < longest; ++i) {
    const int64_t t = reverse ? longest - 1 - i : i, alive = lengths.alive(t), have = h.dim(0);
    if (alive < have) finished.push_back(h.rows(alive, have));
    h = alive <= have ? h.rows(0, alive) : concat({h, start.rows(have, alive)});
    const Tensor sum =
        inputs.rows(lengths.start(t), lengths.start(t) + alive) + linear(h, cell.weight_hh, cell.bias_hh);
    h = activation == Activation::tanh ? tanh(sum) : relu(sum);
    ys[static_cast<size_t>(t)] = h;
  }
  if (reverse && h.dim(0) < batch) finished.push_back(start.rows(h.dim(0), batch));  // empty sequences
  finished.push_back(h);
  std::reverse(finished.begin(), finished.end());  // ranks in order: what ended last comes first
  return {longest == 0 ? inputs : concat(ys), gather_rows(concat(finished), lengths.rank_tensor())};
}

}  // namespace

Rnn::Rnn(RnnOptions given, Rng& rng)
    : Module(StackOptions{.name = "Rnn",
                          .gates = 1,
                          .input = given.input,
                          .hidden = given.hidden,
                          .layers = given.layers,
                          .bias = given.bias,
                          .batch_first = given.batch_first,
                          .dropout = given.dropout,
                          .bidirectional = given.bidirectional},
             rng),
      options(given) {}

RecurrentStack::Layer Rnn::layer() const {
  return [activation = options.activation](const Tensor& x, const Lengths& lengths, const RecurrentState& first,
                                           const CellParameters& cell, bool reverse) -> Output {
    RecurrentOutput out = run_layer(x, lengths, first.h, cell, reverse, activation);
    return {std::move(out.y), {std::move(out.h), {}}};
  };
}

RecurrentOutput Rnn::forward(const Tensor& x, const Tensor& h0) const { return run(x, nullptr, {h0, {}}, layer()); }
RecurrentOutput Rnn::forward(const Tensor& x, const Lengths& lengths, const Tensor& h0) const {
  return run(x, &lengths, {h0, {}}, layer());
}
RecurrentOutput Rnn::forward_packed(const Tensor& x, const Lengths& lengths, const Tensor& h0) const {
  const PathScope scope(path());
  return run_packed(x, lengths, {h0, {}}, layer());
}

}  // namespace grus::nn
