#include "nn/lstm.h"

#include <vector>

namespace grus::nn {

// The forget gate is number 1 of i, f, g, o.
void add_forget_bias(CellParameters& cell, double by, const char* name) {
  if (by == 0) return;
  require<UsageError>(cell.bias_ih.defined(), "[{}] need biases for a forget_bias of {}, got none", name, by);
  const int64_t hidden = cell.weight_hh.dim(1);
  std::vector<float> values = cell.bias_ih.value().to_vector<float>();
  for (int64_t j = hidden; j < 2 * hidden; ++j) values[static_cast<size_t>(j)] += static_cast<float>(by);
  cell.bias_ih.assign(Tensor::from(values));
}

Lstm::Lstm(LstmOptions given, Rng& rng)
    : Module("Lstm", 4, given.bias, layers_of(given), rng, given.weight_drop), options(given) {
  for (int64_t l = 0; l < given.layers; ++l)
    for (int direction = 0; direction < (given.bidirectional ? 2 : 1); ++direction)
      add_forget_bias(cell(l, direction), given.forget_bias, "Lstm");
}

std::shared_ptr<const grus::Cell> Lstm::made_of(const RecurrentWeights& given) const {
  return std::make_shared<cells::Lstm>(given);
}

LstmCell::LstmCell(LstmCellOptions given, Rng& rng)
    : Module("LstmCell", 4, given.input, given.hidden, given.bias, rng), options(given) {
  add_forget_bias(weights, given.forget_bias, "LstmCell");
}

State LstmCell::forward(const Tensor& x, const State& state) const {
  require_input(x);
  require_state("h", state.h, x);
  require_state("c", state.c, x);
  if (x.rank() == 1) {
    const auto row = [](const Tensor& s) { return s.defined() ? s.reshape({1, -1}) : s; };
    const State next = forward(x.reshape({1, -1}), {row(state.h), row(state.c)});
    return {next.h.reshape({-1}), next.c.reshape({-1})};
  }
  return lstm_cell(x, {state_or_zeros(state.h, x), state_or_zeros(state.c, x)}, weights);
}

}  // namespace grus::nn
