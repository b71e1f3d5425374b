#include "nn/recurrent.h"

#include <fmt/format.h>

#include <cmath>

#include "nn/init.h"
#include "ops/dropout.h"
#include "ops/sequence.h"
#include "ops/shape.h"

namespace grus::nn {

namespace {
/// Parameters as PyTorch starts them, U(-1/sqrt(H), 1/sqrt(H)); add(name, value) registers one.
template <class Add>
CellParameters make_cell(const char* name, int64_t gates, int64_t input, int64_t hidden, bool bias, Rng& rng, Add add) {
  const double bound = 1 / std::sqrt(static_cast<double>(hidden));
  const int64_t rows = product_of_sizes(gates, hidden, name);
  const auto make = [&](const char* parameter, const Shape& shape) {
    return add(parameter, init::uniform(shape, -bound, bound, rng));
  };
  const auto make_bias = [&](const char* name) { return bias ? make(name, {rows}) : Parameter(); };
  return {make("weight_ih", {rows, input}), make("weight_hh", {rows, hidden}), make_bias("bias_ih"),
          make_bias("bias_hh")};
}
}  // namespace

RecurrentStack::RecurrentStack(const StackOptions& options, Rng& rng) : stack_(options) {
  require<UsageError>(stack_.input > 0 && stack_.hidden > 0 && stack_.layers > 0,
                      "[{}] need input, hidden and layers of at least 1, got {}, {} and {}", stack_.name, stack_.input,
                      stack_.hidden, stack_.layers);
  require<UsageError>(stack_.dropout >= 0 && stack_.dropout < 1, "[{}] need a dropout in [0, 1), got {}", stack_.name,
                      stack_.dropout);
  require<UsageError>(stack_.dropout == 0 || stack_.layers > 1,
                      "[{}] need at least 2 layers for a dropout between them, got 1 with a dropout of {}", stack_.name,
                      stack_.dropout);
  for (int64_t layer = 0; layer < stack_.layers; ++layer) {
    const int64_t input = layer == 0 ? stack_.input : stack_.hidden * directions();
    for (int direction = 0; direction < directions(); ++direction)
      cells_.push_back(make_cell(stack_.name, stack_.gates, input, stack_.hidden, stack_.bias, rng,
                                 [&](const char* name, const Tensor& value) {
                                   return param(fmt::format("{}_l{}{}", name, layer, direction == 1 ? "_reverse" : ""),
                                                value);
                                 }));
  }
}

size_t RecurrentStack::index(int64_t layer, int direction) const {
  node();  // a module that was moved from has no cells
  require<UsageError>(layer >= 0 && layer < stack_.layers && direction >= 0 && direction < directions(),
                      "[{}] need a layer in [0, {}) and a direction in [0, {}), got {} and {}", stack_.name,
                      stack_.layers, directions(), layer, direction);
  return static_cast<size_t>(layer * directions() + direction);
}

void RecurrentStack::require_kinds(const Tensor& x, const Lengths* lengths, const RecurrentState& first) const {
  require_same_kind(stack_.name, x, cell(0).weight_ih.value());
  for (const Tensor* state : {&first.h, &first.c})
    if (state->defined()) require_same_kind(stack_.name, x, *state);
  if (lengths) require_device_of(stack_.name, x, lengths->lengths_tensor(), "lengths");
}

void RecurrentStack::require_state(const char* name, const Tensor& state, int64_t batch) const {
  const int64_t states = stack_.layers * directions();
  require(!state.defined() || state.shape() == Shape{states, batch, stack_.hidden},
          "[{}] need {} ({}, {}, {}): layers * directions, batch, hidden, got {}", stack_.name, name, states, batch,
          stack_.hidden, state.shape());
}

namespace {
/// (B, H) of every layer and direction -> (L D, B, H); undefined where the cell has no such state.
Tensor stacked(const std::vector<Tensor>& states) {
  if (!states[0].defined()) return {};
  return states.size() == 1 ? unsqueeze(states[0], 0) : stack(states, 0);
}
}  // namespace

RecurrentStack::Output RecurrentStack::run_packed(const Tensor& x, const Lengths& lengths, const RecurrentState& first,
                                                  const Layer& layer) const {
  require_kinds(x, &lengths, first);
  require(x.rank() == 2 && x.dim(0) == lengths.total() && x.dim(1) == stack_.input,
          "[{}] need packed rows ({}, {}), got {}", stack_.name, lengths.total(), stack_.input, x.shape());
  require_state("h0", first.h, lengths.batch());
  require_state("c0", first.c, lengths.batch());
  Tensor rows = x;
  std::vector<Tensor> last_h, last_c;
  for (int64_t l = 0; l < stack_.layers; ++l) {
    if (l > 0 && stack_.dropout > 0 && is_training())
      rows = dropout(rows, stack_.dropout, default_rng(), lengths.packed_rows());
    std::vector<Tensor> ys;
    for (int direction = 0; direction < directions(); ++direction) {
      const auto i = static_cast<int64_t>(index(l, direction));
      const auto part = [i](const Tensor& states) { return states.defined() ? states[i] : Tensor(); };
      Output out = layer(rows, lengths, {part(first.h), part(first.c)}, cell(l, direction), direction == 1);
      ys.push_back(std::move(out.y));
      last_h.push_back(std::move(out.last.h));
      last_c.push_back(std::move(out.last.c));
    }
    rows = ys.size() == 1 ? ys[0] : concat(ys, 1);
  }
  return {rows, {stacked(last_h), stacked(last_c)}};
}

RecurrentStack::Output RecurrentStack::run(const Tensor& x, const Lengths* lengths, const RecurrentState& first,
                                           const Layer& layer) const {
  require_kinds(x, lengths, first);
  const bool batched = x.rank() == 3;
  require((batched || x.rank() == 2) && x.dim(-1) == stack_.input,
          "[{}] need x {} or ({}, {}) for one sequence, got {}", stack_.name,
          stack_.batch_first ? fmt::format("(B, T, {})", stack_.input) : fmt::format("(T, B, {})", stack_.input), "T",
          stack_.input, x.shape());
  require<UsageError>(batched || !lengths, "[{}] need a batch (three axes) when lengths are given, got {}", stack_.name,
                      x.shape());
  for (const auto& [name, state] : {std::pair("h0", &first.h), std::pair("c0", &first.c)})
    require(!state->defined() || state->rank() == x.rank(), "[{}] need {} with as many axes as x, got {} for {}",
            stack_.name, name, state->shape(), x.shape());
  if (!batched) {
    const auto with_batch = [](const Tensor& s) { return s.defined() ? unsqueeze(s, 1) : s; };
    const auto alone = [](const Tensor& s) { return s.defined() ? squeeze(s, 1) : s; };
    const Output out =
        run(unsqueeze(x, stack_.batch_first ? 0 : 1), nullptr, {with_batch(first.h), with_batch(first.c)}, layer);
    return {squeeze(out.y, stack_.batch_first ? 0 : 1), {alone(out.last.h), alone(out.last.c)}};
  }
  const Tensor steps_first = stack_.batch_first ? transpose(x, 0, 1) : x;  // (T, B, I)
  const int64_t steps = steps_first.dim(0), batch = steps_first.dim(1);
  const Lengths all = lengths ? *lengths : Lengths::dense(steps, batch, x.device());
  require(all.batch() == batch && all.steps() <= steps,
          "[{}] need lengths of {} sequences of at most {} steps, got {} of {}", stack_.name, batch, steps, all.batch(),
          all.steps());
  const Output out = run_packed(pack(steps_first, all), all, first, layer);
  Tensor y = unpack(out.y, all);
  if (y.dim(0) < steps) y = pad(y, {{0, steps - y.dim(0)}, {0, 0}, {0, 0}});
  return {stack_.batch_first ? transpose(y, 0, 1) : y, out.last};
}

RecurrentCell::RecurrentCell(const char* name, int64_t gates, int64_t input, int64_t hidden, bool bias, Rng& rng)
    : name_(name) {
  require<UsageError>(input > 0 && hidden > 0, "[{}] need sizes of at least 1, got {} and {}", name, input, hidden);
  weights = make_cell(name, gates, input, hidden, bias, rng,
                      [this](const char* parameter, const Tensor& value) { return param(parameter, value); });
}

void RecurrentCell::require_input(const Tensor& x) const {
  require_same_kind(name_, x, weights.weight_ih.value());
  require((x.rank() == 1 || x.rank() == 2) && x.dim(-1) == weights.weight_ih.dim(1),
          "[{0}] need x (B, {1}) or ({1}), got {2}", name_, weights.weight_ih.dim(1), x.shape());
}

void RecurrentCell::require_state(const char* name, const Tensor& state, const Tensor& x) const {
  if (!state.defined()) return;
  require_same_kind(name_, x, state);
  const Shape needed = x.shape().with(x.rank() - 1, weights.weight_hh.dim(1));
  require(state.shape() == needed, "[{}] need {} {} beside x {}, got {}", name_, name, needed, x.shape(),
          state.shape());
}

Tensor RecurrentCell::state_or_zeros(const Tensor& state, const Tensor& x) const {
  return state.defined() ? state : Tensor::zeros({x.dim(0), weights.weight_hh.dim(1)}, x.dtype(), x.device());
}

}  // namespace grus::nn
