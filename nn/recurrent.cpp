#include "nn/recurrent.h"

#include <fmt/format.h>

#include <cmath>

#include "nn/init.h"
#include "ops/math/dropout.h"
#include "ops/math/shape.h"
#include "ops/sequence/sequence.h"

namespace grus {

void collect_tensors(const State& state, std::vector<Tensor>& to) {
  for (size_t k = 0; k < 2 + state.others.size(); ++k)
    if (state[k].defined()) to.push_back(state[k]);
}

void collect_tensors(const Output& output, std::vector<Tensor>& to) {
  to.push_back(output.y);
  collect_tensors(output.state, to);
  if (output.attention.context.defined()) to.insert(to.end(), {output.attention.context, output.attention.weights});
}

}  // namespace grus

namespace grus::nn {

namespace {
/// Makes parameters as PyTorch starts them, from U(-1/sqrt(H), 1/sqrt(H)). add(name, value) registers one.
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

RecurrentLayers::RecurrentLayers(const char* name, const RecurrentOptions& options) : name_(name), layers_(options) {
  require<UsageError>(options.input > 0 && options.hidden > 0 && options.layers > 0,
                      "[{}] need input, hidden and layers of at least 1, got {}, {} and {}", name, options.input,
                      options.hidden, options.layers);
  require<UsageError>(options.dropout >= 0 && options.dropout < 1, "[{}] need a dropout in [0, 1), got {}", name,
                      options.dropout);
  require<UsageError>(options.dropout == 0 || options.layers > 1 || options.upper,
                      "[{}] need at least 2 layers for a dropout between them, got 1 with a dropout of {}", name,
                      options.dropout);
  require<UsageError>(options.checkpoint >= 0, "[{}] need a number of steps between kept states, got {}", name,
                      options.checkpoint);
}

std::string RecurrentLayers::suffix(int64_t layer, int direction) {
  return fmt::format("l{}{}", layer, direction == 1 ? "_reverse" : "");
}

size_t RecurrentLayers::index(int64_t layer, int direction) const {
  node();  // a module that was moved from has no cells
  require<UsageError>(layer >= 0 && layer < layers_.layers && direction >= 0 && direction < directions(),
                      "[{}] need a layer in [0, {}) and a direction in [0, {}), got {} and {}", name_, layers_.layers,
                      directions(), layer, direction);
  return static_cast<size_t>(layer * directions() + direction);
}

void RecurrentLayers::require_kinds(const Tensor& x, const Lengths* lengths, const State& first) const {
  node();  // a module that was moved from has no cells
  if (const Tensor like = kind(); like.defined()) require_same_kind(name_, x, like);
  for (size_t k = 0; k < 2 + first.others.size(); ++k)
    if (first[k].defined()) require_same_kind(name_, x, first[k]);
  if (lengths) require_device_of(name_, x, lengths->lengths_tensor(), "lengths");
}

namespace {
std::string state_name(size_t k) { return k < 2 ? (k == 0 ? "h0" : "c0") : fmt::format("state {}", k); }
}  // namespace

void RecurrentLayers::require_state(const State& first, const grus::Cell& cell, std::optional<int64_t> batch) const {
  const int64_t states = layers_.layers * directions();
  for (size_t k = 0; k < 2 + first.others.size(); ++k) {
    if (!first[k].defined()) continue;
    const std::vector<int64_t> sizes = cell.sizes();
    require<UsageError>(k < sizes.size(), "[{}] need a first state of {} tensors, got {} as well", name_, sizes.size(),
                        state_name(k));
    const Shape needed = batch ? Shape{states, *batch, sizes[k]} : Shape{states, sizes[k]};
    require(first[k].shape() == needed, "[{}] need {} {}: layers * directions, {}hidden, got {}", name_, state_name(k),
            needed, batch ? "batch, " : "", first[k].shape());
  }
}

Output RecurrentLayers::run_packed(const Tensor& x, const Lengths& lengths, const State& first,
                                   const Cells& cells) const {
  require_kinds(x, &lengths, first);
  require(x.rank() == 2 && x.dim(0) == lengths.total() && x.dim(1) == layers_.input,
          "[{}] need packed rows ({}, {}), got {}", name_, lengths.total(), layers_.input, x.shape());
  require_state(first, *cells[0], lengths.batch());
  std::vector<const grus::Cell*> each;
  for (const auto& cell : cells) each.push_back(cell.get());
  return scan(each, x, lengths, first,
              {.bidirectional = layers_.bidirectional,
               .dropout = layers_.dropout > 0 && is_training() ? layers_.dropout : 0,
               .locked = layers_.locked_dropout,
               .checkpoint = layers_.checkpoint,
               .residual = layers_.residual,
               .upper = layers_.upper});
}

Output RecurrentLayers::forward(const Tensor& x, const State& first) const { return run(x, nullptr, first); }

Output RecurrentLayers::forward(const Tensor& x, const Lengths& lengths, const State& first) const {
  return run(x, &lengths, first);
}

Output RecurrentLayers::forward_packed(const Tensor& x, const Lengths& lengths, const State& first) const {
  const Call call(node(), typeid(*this));
  return run_packed(x, lengths, first, cells());
}

namespace {

/// Returns a state of f(tensor) for every tensor; undefined ones stay undefined.
template <class F>
State each_of(const State& state, F f) {
  const auto changed = [&f](const Tensor& x) { return x.defined() ? f(x) : x; };
  State result{changed(state.h), changed(state.c)};
  for (const Tensor& other : state.others) result.others.push_back(changed(other));
  return result;
}

}  // namespace

Output RecurrentLayers::run(const Tensor& x, const Lengths* lengths, const State& first) const {
  require_kinds(x, lengths, first);
  const bool batched = x.rank() == 3;
  require((batched || x.rank() == 2) && x.dim(-1) == layers_.input,
          "[{}] need x {} or ({}, {}) for one sequence, got {}", name_,
          layers_.batch_first ? fmt::format("(B, T, {})", layers_.input) : fmt::format("(T, B, {})", layers_.input),
          "T", layers_.input, x.shape());
  require<UsageError>(batched || !lengths, "[{}] need a batch (three axes) when lengths are given, got {}", name_,
                      x.shape());
  const int batch_axis = layers_.batch_first ? 0 : 1;
  if (first[0].defined() || first[1].defined() || !first.others.empty())
    require_state(first, *cells()[0], batched ? std::optional(x.dim(batch_axis)) : std::nullopt);
  if (!batched) {
    Output out =
        run(unsqueeze(x, batch_axis), nullptr, each_of(first, [](const Tensor& s) { return unsqueeze(s, 1); }));
    return {squeeze(out.y, batch_axis), each_of(out.state, [](const Tensor& s) { return squeeze(s, 1); })};
  }
  const Tensor steps_first = layers_.batch_first ? transpose(x, 0, 1) : x;  // (T, B, I)
  const int64_t steps = steps_first.dim(0), batch = steps_first.dim(1);
  const Lengths all = lengths ? *lengths : Lengths::dense(steps, batch, x.device());
  require(all.batch() == batch && all.steps() <= steps,
          "[{}] need lengths of B = {} sequences of at most T = {} steps for x {}, got those of {} of at most {}",
          name_, batch, steps, x.shape(), all.batch(), all.steps());
  Output out = run_packed(pack(steps_first, all), all, first, cells());
  out.y = unpack(out.y, all);
  if (out.y.dim(0) < steps) out.y = pad(out.y, {{0, steps - out.y.dim(0)}, {0, 0}, {0, 0}});
  if (layers_.batch_first) out.y = transpose(out.y, 0, 1);
  return out;
}

RecurrentStack::RecurrentStack(const char* name, int64_t gates, bool bias, const RecurrentOptions& options, Rng& rng,
                               double weight_drop)
    : RecurrentLayers(name, options), weight_drop_(weight_drop) {
  require<UsageError>(weight_drop >= 0 && weight_drop < 1, "[{}] need a weight_drop in [0, 1), got {}", name,
                      weight_drop);
  require<UsageError>(weight_drop == 0 || options.checkpoint == 0,
                      "[{}] need all states kept beside a weight_drop, got a checkpoint of {}", name,
                      options.checkpoint);
  for (int64_t layer = 0; layer < options.layers; ++layer)
    for (int direction = 0; direction < directions(); ++direction)
      parameters_.push_back(
          make_cell(name, gates, input_of(layer), options.hidden, bias, rng, [&](const char* parameter, Tensor value) {
            return param(fmt::format("{}_{}", parameter, suffix(layer, direction)), std::move(value));
          }));
}

RecurrentLayers::Cells RecurrentStack::cells() const {
  Cells all;
  const bool drops = weight_drop_ > 0 && is_training();
  for (const CellParameters& parameters : parameters_) {
    RecurrentWeights given = parameters;
    if (drops) given.weight_hh = dropout(given.weight_hh, weight_drop_);
    all.push_back(made_of(given));
  }
  return all;
}

RecurrentCell::RecurrentCell(const char* name, int64_t gates, int64_t input, int64_t hidden, bool bias, Rng& rng)
    : name_(name) {
  require<UsageError>(input > 0 && hidden > 0, "[{}] need sizes of at least 1, got {} and {}", name, input, hidden);
  weights = make_cell(name, gates, input, hidden, bias, rng,
                      [this](const char* parameter, Tensor value) { return param(parameter, std::move(value)); });
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
