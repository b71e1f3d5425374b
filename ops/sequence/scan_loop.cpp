// Loops in plain ops go over packed steps, and over segments of steps.
#include <algorithm>
#include <functional>

#include "core/base/error.h"
#include "ops/base/checkpoint.h"
#include "ops/math/index.h"
#include "ops/math/shape.h"
#include "ops/sequence/scan_parts.h"

namespace grus::scanning {
namespace {

using Tensors = std::vector<Tensor>;
using Loop = Output (*)(const Cell&, const Tensor&, const Lengths&, const State&, const ScanOptions&);

/// Returns rows [begin, end) of every tensor, without an op where these are all rows.
Tensors rows_of(const Tensors& all, int64_t begin, int64_t end) {
  Tensors rows;
  for (const Tensor& x : all) rows.push_back(begin == 0 && end == x.dim(0) ? x : x.rows(begin, end));
  return rows;
}

/// Returns the first states by rank, longest sequence first, with zeros for undefined ones.
Tensors first_by_rank(const Cell& cell, const Tensor& like, const Lengths& lengths, const State& first) {
  Tensors states;
  const std::vector<int64_t> sizes = cell.sizes();
  for (size_t k = 0; k < sizes.size(); ++k)
    states.push_back(first[k].defined() ? gather_rows(first[k], lengths.order_tensor())
                                        : Tensor::zeros({lengths.batch(), sizes[k]}, like.dtype(), like.device()));
  return states;
}

/// Alive holds the states of the sequences that are alive, by rank, as a loop goes on. Forwards the last ranks drop out
/// as their sequences end; in reverse they join, each at its own last step.
class Alive {
 public:
  Alive(Tensors first, bool reverse) : first_(std::move(first)), states_(reverse ? Tensors() : first_) {}

  /// Returns the states of the first `count` ranks, which are now alive.
  const Tensors& of(int64_t count) {
    const int64_t have = states_.empty() ? 0 : states_[0].dim(0);
    if (count < have) {
      finished_.push_back(rows_of(states_, count, have));
      states_ = rows_of(states_, 0, count);
    } else if (states_.empty() || count > have) {
      Tensors fresh = rows_of(first_, have, count);
      for (size_t k = 0; k < states_.size(); ++k) fresh[k] = concat({states_[k], fresh[k]});
      states_ = std::move(fresh);
    }
    return states_;
  }
  void replace(Tensors states) { states_ = std::move(states); }

  /// Returns the last state of every sequence, in the caller's order. It is the last call.
  Tensors last(const Lengths& lengths) {
    const int64_t have = states_[0].dim(0);
    if (have < lengths.batch() && finished_.empty())  // in reverse: empty sequences never joined
      finished_.push_back(rows_of(first_, have, lengths.batch()));
    finished_.push_back(states_);
    Tensors all;
    for (size_t k = 0; k < first_.size(); ++k) {
      Tensors parts;
      for (auto part = finished_.rbegin(); part != finished_.rend(); ++part) parts.push_back((*part)[k]);
      all.push_back(gather_rows(parts.size() == 1 ? parts[0] : concat(parts), lengths.rank_tensor()));
    }
    return all;
  }

 private:
  const Tensors first_;
  Tensors states_;
  std::vector<Tensors> finished_;
};

/// Collected holds the outputs of a loop's parts, in the order of time.
class Collected {
 public:
  explicit Collected(size_t parts) : y_(parts), context_(parts), weights_(parts) {}
  void set(size_t part, Output out) {
    y_[part] = std::move(out.y);
    context_[part] = std::move(out.attention.context);
    weights_[part] = std::move(out.attention.weights);
  }
  Output output(const Tensors& last) const {
    return {joined(y_), state_of(last), {joined(context_), joined(weights_)}};
  }

 private:
  static Tensor joined(const Tensors& parts) {
    return parts.size() == 1 || !parts[0].defined() ? parts[0] : concat(parts);
  }
  Tensors y_, context_, weights_;
};

/// Throws unless a step's output fits: the step of a user's cell may be wrong.
void require_step(const Cell& cell, const Output& out, int64_t rows, const Tensors& states) {
  require(out.y.defined() && out.y.rank() >= 1 && out.y.dim(0) == rows,
          "[{}] need a step whose y has a row for each of {} sequences, got {}", cell.name(), rows,
          out.y.defined() ? out.y.shape() : Shape());
  for (size_t k = 0; k < states.size(); ++k) {
    const Tensor &given = out.state[k], &before = states[k];
    require<UsageError>(given.defined(), "[{}] need a step that gives {} tensors of state, got no {}", cell.name(),
                        states.size(), State::name_of(k));
    require(given.shape() == before.shape(), "[{}] need a step that gives {} of its state {}, got {}", cell.name(),
            State::name_of(k), before.shape(), given.shape());
    require<DtypeError>(given.dtype() == before.dtype(), "[{}] need a step that gives {} of its state in {}, got {}",
                        cell.name(), State::name_of(k), before.dtype(), given.dtype());
    require_device_of(cell.name(), before, given, "the state that a step gives");
  }
  for (size_t k = states.size(); k < 2 + out.state.others.size(); ++k)
    require<UsageError>(!out.state[k].defined(), "[{}] need a step that gives {} tensors of state, got {} as well",
                        cell.name(), states.size(), State::name_of(k));
}

/// Returns the lengths of steps [begin, end) as one batch, whose sequences are the first ranks in their order.
Lengths segment_of(const Lengths& lengths, int64_t begin, int64_t end) {
  std::vector<int64_t> parts;
  for (int64_t rank = 0; rank < lengths.alive(begin); ++rank)
    parts.push_back(std::min(lengths[lengths.order()[static_cast<size_t>(rank)]], end) - begin);
  return Lengths(std::move(parts), -1, lengths.device());
}

}  // namespace

Output step_by_step(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first, bool reverse) {
  const Tensor inputs = cell.project(x);
  require_float(cell.name(), inputs);
  Alive alive(first_by_rank(cell, inputs, lengths, first), reverse);
  // A batch without steps takes one step of no rows, so that its results are on the tape.
  const int64_t steps = std::max<int64_t>(lengths.longest(), 1);
  Collected collected(static_cast<size_t>(steps));
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t t = reverse ? steps - 1 - i : i, count = lengths.alive(t), begin = count ? lengths.start(t) : 0;
    const Tensors& before = alive.of(count);
    Output out = cell.step(inputs.rows(begin, begin + count), state_of(before));
    require_step(cell, out, count, before);
    alive.replace(tensors_of(out.state, before.size()));
    collected.set(static_cast<size_t>(t), std::move(out));
  }
  return collected.output(alive.last(lengths));
}

namespace {

/// Returns a segment's loop as `checkpoint` takes it: x's rows and the states that come in -> the states that go out,
/// y, and the attention's context and weights where there are any.
std::function<Tensors(std::span<const Tensor>)> segment_loop(const Cell& cell, const Lengths& lengths, bool reverse,
                                                             Run run) {
  return [&cell, kept = cell.kept(), lengths, reverse, run](std::span<const Tensor> in) {
    const Cell& own = kept ? *kept : cell;
    const auto loop = run == Run::fused ? static_cast<Loop>(scan) : scan_composed;
    const Output out = loop(own, in[0], lengths, state_of(in.subspan(1)), {.reverse = reverse});
    Tensors all = tensors_of(out.state, in.size() - 1);
    all.push_back(out.y);
    if (out.attention.context.defined()) all.insert(all.end(), {out.attention.context, out.attention.weights});
    return all;
  };
}

}  // namespace

Output in_segments(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first,
                   const ScanOptions& options, Run run) {
  Alive alive(first_by_rank(cell, x, lengths, first), options.reverse);
  const int64_t every = options.checkpoint, count = std::max<int64_t>((lengths.longest() + every - 1) / every, 1);
  Collected collected(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = options.reverse ? count - 1 - i : i, begin = at * every;
    const Lengths part = segment_of(lengths, begin, std::min(begin + every, lengths.longest()));
    const int64_t row = part.total() ? lengths.start(begin) : 0;
    const Tensors& before = alive.of(part.batch());
    const size_t states = before.size();
    Tensors inputs{x.rows(row, row + part.total())};
    inputs.insert(inputs.end(), before.begin(), before.end());
    Tensors all = checkpoint(segment_loop(cell, part, options.reverse, run), inputs);
    AttentionOutput attended;
    if (all.size() > states + 1) attended = {all[states + 1], all[states + 2]};
    collected.set(static_cast<size_t>(at), {all[states], State(), std::move(attended)});
    all.resize(states);
    alive.replace(std::move(all));
  }
  return collected.output(alive.last(lengths));
}

}  // namespace grus::scanning
