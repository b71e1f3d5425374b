#include "nn/recurrent.h"

#include <fmt/format.h>

#include <cmath>

#include "nn/init.h"
#include "ops/dropout.h"
#include "ops/sequence.h"
#include "ops/shape.h"

namespace grus::nn {

RecurrentStack::RecurrentStack(const StackOptions& options, Rng& rng) : stack_(options) {
  require<UsageError>(stack_.input > 0 && stack_.hidden > 0 && stack_.layers > 0,
                      "[{}] need input, hidden and layers of at least 1, got {}, {} and {}", stack_.name, stack_.input,
                      stack_.hidden, stack_.layers);
  require<UsageError>(stack_.dropout >= 0 && stack_.dropout < 1, "[{}] need a dropout in [0, 1), got {}", stack_.name,
                      stack_.dropout);
  const double bound = 1 / std::sqrt(static_cast<double>(stack_.hidden));
  const int64_t rows = stack_.gates * stack_.hidden;
  for (int64_t layer = 0; layer < stack_.layers; ++layer) {
    const int64_t input = layer == 0 ? stack_.input : stack_.hidden * directions();
    for (int direction = 0; direction < directions(); ++direction) {
      const auto make = [&](const char* name, const Shape& shape) {
        return param(fmt::format("{}_l{}{}", name, layer, direction == 1 ? "_reverse" : ""),
                     init::uniform(shape, -bound, bound, rng));
      };
      CellParameters cell;
      cell.weight_ih = make("weight_ih", {rows, input});
      cell.weight_hh = make("weight_hh", {rows, stack_.hidden});
      if (stack_.bias) cell.bias_ih = make("bias_ih", {rows});
      if (stack_.bias) cell.bias_hh = make("bias_hh", {rows});
      cells_.push_back(cell);
    }
  }
}

size_t RecurrentStack::index(int64_t layer, int direction) const {
  require<UsageError>(layer >= 0 && layer < stack_.layers && direction >= 0 && direction < directions(),
                      "[{}] need a layer in [0, {}) and a direction in [0, {}), got {} and {}", stack_.name,
                      stack_.layers, directions(), layer, direction);
  return static_cast<size_t>(layer * directions() + direction);
}

RecurrentOutput RecurrentStack::run_packed(const Tensor& x, const Lengths& lengths, const Tensor& h0,
                                           const Layer& layer) const {
  const int64_t states = stack_.layers * directions();
  require(x.rank() == 2 && x.dim(0) == lengths.total() && x.dim(1) == stack_.input,
          "[{}] need packed rows ({}, {}), got {}", stack_.name, lengths.total(), stack_.input, x.shape());
  require(!h0.defined() || h0.shape() == Shape{states, lengths.batch(), stack_.hidden},
          "[{}] need h0 ({}, {}, {}): layers * directions, batch, hidden, got {}", stack_.name, states, lengths.batch(),
          stack_.hidden, h0.shape());
  Tensor rows = x;
  std::vector<Tensor> last;
  for (int64_t l = 0; l < stack_.layers; ++l) {
    if (l > 0 && stack_.dropout > 0 && is_training())
      rows = dropout(rows, stack_.dropout, default_rng(), lengths.packed_rows());
    std::vector<Tensor> ys;
    for (int direction = 0; direction < directions(); ++direction) {
      const auto i = static_cast<int64_t>(index(l, direction));
      GruOutput out = layer(rows, lengths, h0.defined() ? h0[i] : Tensor(), cell(l, direction), direction == 1);
      ys.push_back(std::move(out.y));
      last.push_back(std::move(out.h));
    }
    rows = ys.size() == 1 ? ys[0] : concat(ys, 1);
  }
  return {rows, last.size() == 1 ? unsqueeze(last[0], 0) : stack(last, 0)};
}

RecurrentOutput RecurrentStack::run(const Tensor& x, const Lengths* lengths, const Tensor& h0,
                                    const Layer& layer) const {
  const bool batched = x.rank() == 3;
  require((batched || x.rank() == 2) && x.dim(-1) == stack_.input,
          "[{}] need x {} or ({}, {}) for one sequence, got {}", stack_.name,
          stack_.batch_first ? fmt::format("(B, T, {})", stack_.input) : fmt::format("(T, B, {})", stack_.input), "T",
          stack_.input, x.shape());
  require<UsageError>(batched || !lengths, "[{}] need a batch (three axes) when lengths are given, got {}", stack_.name,
                      x.shape());
  require(!h0.defined() || h0.rank() == x.rank(), "[{}] need h0 with as many axes as x, got {} for {}", stack_.name,
          h0.shape(), x.shape());
  if (!batched) {
    const RecurrentOutput out =
        run(unsqueeze(x, stack_.batch_first ? 0 : 1), nullptr, h0.defined() ? unsqueeze(h0, 1) : h0, layer);
    return {squeeze(out.y, stack_.batch_first ? 0 : 1), squeeze(out.h, 1)};
  }
  const Tensor steps_first = stack_.batch_first ? transpose(x, 0, 1) : x;  // (T, B, I)
  const int64_t steps = steps_first.dim(0), batch = steps_first.dim(1);
  const Lengths all = lengths ? *lengths : Lengths::dense(steps, batch, x.device());
  require(all.batch() == batch && all.steps() <= steps,
          "[{}] need lengths of {} sequences of at most {} steps, got {} of {}", stack_.name, batch, steps, all.batch(),
          all.steps());
  const RecurrentOutput out = run_packed(pack(steps_first, all), all, h0, layer);
  Tensor y = unpack(out.y, all);
  if (y.dim(0) < steps) y = pad(y, {{0, steps - y.dim(0)}, {0, 0}, {0, 0}});
  return {stack_.batch_first ? transpose(y, 0, 1) : y, out.h};
}

}  // namespace grus::nn
