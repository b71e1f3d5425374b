#include "ops/sequence/scan.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/tape/tape.h"
#include "ops/math/dropout.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "ops/sequence/scan_parts.h"
#include "ops/sequence/sequence.h"

namespace grus {

const Tensor& State::operator[](size_t k) const {
  static const Tensor none;
  if (k < 2) return k == 0 ? h : c;
  return k - 2 < others.size() ? others[k - 2] : none;
}

std::string State::name_of(size_t k) {
  if (k < 2) return k == 0 ? "h" : "c";
  return fmt::format("others[{}]", k - 2);
}

State State::detach() const {
  const auto cut = [](const Tensor& x) { return x.defined() ? x.detach() : x; };
  State values{cut(h), cut(c)};
  for (const Tensor& other : others) values.others.push_back(cut(other));
  return values;
}

std::optional<Output> Cell::fused(const Tensor&, const Lengths&, const State&, bool) const { return std::nullopt; }

void Cell::check(const Tensor& x, const Lengths& lengths, const State& first) const {
  require<UsageError>(x.defined(), "[{}] need tensors, got an undefined one", name());
  require(x.rank() == 3 || (x.rank() == 2 && x.dim(0) == lengths.total()),
          "[{}] need x (N = {}, I), packed, or (T, B = {}, I), got {}", name(), lengths.total(), lengths.batch(),
          x.shape());
  require_device_of(name(), x, lengths.lengths_tensor(), "lengths");
  const std::vector<int64_t> sizes = this->sizes();
  require<UsageError>(!sizes.empty(), "[{}] need a cell with a state, got one without sizes", name());
  for (size_t k = 0; k < std::max(sizes.size(), 2 + first.others.size()); ++k) {
    if (!first[k].defined()) continue;
    require<UsageError>(k < sizes.size(), "[{}] need a first state of {} tensors, got {} as well", name(), sizes.size(),
                        State::name_of(k));
    require_same_kind(name(), x, first[k]);
    require(first[k].shape() == Shape{lengths.batch(), sizes[k]},
            "[{}] need {} of the first state (B = {}, H = {}), got {}", name(), State::name_of(k), lengths.batch(),
            sizes[k], first[k].shape());
  }
}

namespace scanning {

std::vector<Tensor> tensors_of(const State& state, size_t count) {
  std::vector<Tensor> tensors;
  for (size_t k = 0; k < count; ++k) tensors.push_back(state[k]);
  return tensors;
}

State state_of(std::span<const Tensor> tensors) {
  State state{tensors[0], tensors.size() > 1 ? tensors[1] : Tensor()};
  if (tensors.size() > 2) state.others.assign(tensors.begin() + 2, tensors.end());
  return state;
}

}  // namespace scanning

namespace {

using scanning::Run;

Output run_rows(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first,
                const ScanOptions& options, Run run) {
  cell.check(x, lengths, first);
  require<UsageError>(options.checkpoint >= 0, "[{}] need a number of steps between kept states, got {}", cell.name(),
                      options.checkpoint);
  if (options.checkpoint > 0 && Tape::active()) return scanning::in_segments(cell, x, lengths, first, options, run);
  if (run == Run::fused)
    if (std::optional<Output> found = cell.fused(x, lengths, first, options.reverse)) return *std::move(found);
  return scanning::step_by_step(cell, x, lengths, first, options.reverse);
}

/// Returns the lengths of x (T, B, I), padded to all T steps, so that y is as long as x.
Lengths padded_lengths(const char* name, const Tensor& x, const Lengths& lengths) {
  require_device_of(name, x, lengths.lengths_tensor(), "lengths");
  require(lengths.batch() == x.dim(1) && lengths.steps() <= x.dim(0),
          "[{}] need lengths of B = {} sequences of at most T = {} steps for x {}, got those of {} of at most {}", name,
          x.dim(1), x.dim(0), x.shape(), lengths.batch(), lengths.steps());
  return lengths.steps() == x.dim(0) ? lengths : Lengths(lengths.lengths(), x.dim(0), x.device());
}

/// Returns f(packed rows, lengths). x comes packed or padded, and y goes back as x came.
template <class F>
Output in_rows(const char* name, const Tensor& x, const Lengths& lengths, F f) {
  if (!x.defined() || x.rank() != 3) return f(x, lengths);
  const Lengths all = padded_lengths(name, x, lengths);
  Output out = f(pack(x, all), all);
  for (Tensor* rows : {&out.y, &out.attention.context, &out.attention.weights})
    if (rows->defined()) *rows = unpack(*rows, all);
  return out;
}

Output run(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first, const ScanOptions& options,
           Run run) {
  if (x.defined() && x.rank() == 3) cell.check(x, lengths, first);  // messages tell the caller's shapes
  return in_rows(cell.name(), x, lengths, [&](const Tensor& rows, const Lengths& all) {
    return run_rows(cell, rows, all, first, options, run);
  });
}

/// Stacks the k-th tensors (B, H) of every layer and direction: (L D, B, H). Undefined where no cell has such a tensor.
Tensor stacked(const std::vector<State>& states, size_t k) {
  std::vector<Tensor> tensors;
  for (const State& state : states) tensors.push_back(state[k]);
  if (!tensors[0].defined()) return {};
  return tensors.size() == 1 ? unsqueeze(tensors[0], 0) : stack(tensors, 0);
}

Output run_layers(std::span<const Cell* const> cells, const Tensor& x, const Lengths& lengths, const State& first,
                  const LayersOptions& options) {
  const size_t directions = options.bidirectional ? 2 : 1;
  const auto part = [](const Tensor& states, size_t i) {
    return states.defined() ? states[static_cast<int64_t>(i)] : states;
  };
  Output out;
  out.y = x;
  std::vector<State> last;
  for (size_t i = 0; i < cells.size();) {
    const bool above = i > 0 || options.upper;
    const Tensor below = out.y;
    if (above && options.dropout > 0)
      out.y =
          dropout(out.y, options.dropout, default_rng(), options.locked ? lengths.batch_rows() : lengths.packed_rows());
    std::vector<Tensor> ys;
    for (size_t direction = 0; direction < directions; ++direction, ++i) {
      State from{part(first.h, i), part(first.c, i)};
      for (const Tensor& other : first.others) from.others.push_back(part(other, i));
      Output layer = run_rows(*cells[i], out.y, lengths, from,
                              {.reverse = direction == 1, .checkpoint = options.checkpoint}, Run::fused);
      ys.push_back(std::move(layer.y));
      last.push_back(std::move(layer.state));
      if (layer.attention.context.defined()) out.attention = std::move(layer.attention);
    }
    out.y = ys.size() == 1 ? ys[0] : concat(ys, 1);
    if (above && options.residual) out.y = below + out.y;
  }
  out.state = {stacked(last, 0), stacked(last, 1)};
  for (size_t k = 0; k < last[0].others.size(); ++k) out.state.others.push_back(stacked(last, k + 2));
  return out;
}

}  // namespace

Output scan(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first, const ScanOptions& options) {
  return run(cell, x, lengths, first, options, Run::fused);
}

Output scan(const Cell& cell, const Tensor& x, const State& first, const ScanOptions& options) {
  require<UsageError>(x.defined(), "[{}] need tensors, got an undefined one", cell.name());
  require(x.rank() == 3, "[{}] need x (T, B, I), or lengths beside it, got {}", cell.name(), x.shape());
  return run(cell, x, Lengths::dense(x.dim(0), x.dim(1), x.device()), first, options, Run::fused);
}

Output scan_composed(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first,
                     const ScanOptions& options) {
  return run(cell, x, lengths, first, options, Run::composed);
}

Output scan(std::span<const Cell* const> cells, const Tensor& x, const Lengths& lengths, const State& first,
            const LayersOptions& options) {
  const size_t directions = options.bidirectional ? 2 : 1;
  require<UsageError>(!cells.empty() && cells.size() % directions == 0, "[scan] need {} for each layer, got {}",
                      options.bidirectional ? "two cells" : "a cell", cells.size());
  for (size_t k = 0; k < 2 + first.others.size(); ++k) {
    const Tensor& states = first[k];
    require(!states.defined() || (states.rank() == 3 && states.dim(0) == static_cast<int64_t>(cells.size())),
            "[{}] need a first state (layers * directions = {}, B, H), got {}", cells[0]->name(), cells.size(),
            states.defined() ? states.shape() : Shape());
  }
  return in_rows(cells[0]->name(), x, lengths,
                 [&](const Tensor& rows, const Lengths& all) { return run_layers(cells, rows, all, first, options); });
}

}  // namespace grus
