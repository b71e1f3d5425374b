#include "ops/sequence/attention_gru.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/loop_kernels.h"
#include "ops/base/twin.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/sequence/attention_gru_parts.h"
#include "ops/sequence/gru_step.h"
#include "ops/sequence/sequence.h"

namespace grus {
namespace {

const Op attention_gru_op("attention_gru");

using Sizes = AttentionGruSizes;
using recurrence::StepRows;

/// A Loop has the buffers of a whole loop, each with one row for each row of x, and the step that fills some rows of
/// them.
struct Loop {
  Loop(const Tensor& x, const AttentionMemory& memory, const AttentionRows& rows, const AttentionGruWeights& weights,
       const Sizes& sizes, int64_t batch)
      : device(x.device()),
        memory(memory),
        rows(rows),
        w(weights),
        n(sizes),
        second(w.second.weight_hh, w.second.bias_hh, w.form, batch) {
    const auto buffer = [&x](int64_t cols) { return Tensor::empty({x.dim(0), cols}, x.dtype(), x.device()); };
    gx_second = buffer(3 * n.hidden);
    previous = buffer(n.hidden);
    queries = buffer(n.attention);
    alignments = buffer(memory.lengths.longest());
    contexts = buffer(n.context);
    states = buffer(n.hidden);
    second_rows = GruRows(x.dim(0), n.hidden, x.dtype(), x.device());
    if (!w.conditional()) {
      apply_weight(gx_second, x, launch::columns_of(Raw::matrix(w.second.weight_ih), 0, n.input), w.second.bias_ih);
      middle = previous;
    } else {
      first.emplace(w.first.weight_hh, w.first.bias_hh, w.form, batch);
      gx_first = buffer(3 * n.hidden);
      apply_weight(gx_first, x, Raw::matrix(w.first.weight_ih), w.first.bias_ih);
      middle = buffer(n.hidden);
      first_rows = GruRows(x.dim(0), n.hidden, x.dtype(), x.device());
    }
    all = {w.conditional() ? whole(gx_first, previous, first_rows, middle) : GruForward{},
           whole(gx_second, middle, second_rows, states), Raw::write_matrix(queries), Raw::write_matrix(alignments),
           Raw::write_matrix(contexts)};
  }

  static GruForward whole(Tensor& gx, const Tensor& h, GruRows& rows, Tensor& y) {
    return {Raw::write_matrix(gx), Raw::matrix(h), Raw::write_matrix(rows.gates), Raw::write_matrix(rows.product),
            Raw::write_matrix(y)};
  }

  /// Computes the rows of a step: middle, queries, alignments, contexts and states from `previous`.
  void step(StepRows part) {
    const Matrix query = part.of(all.queries), context = part.of(all.contexts), gx = part.of(all.second.gx);
    if (w.conditional()) first->forward(all.first, part);
    launch::affine(device, query, part.of(all.second.h), Raw::matrix(w.query_weight), {.transpose_b = true},
                   launch::repeated(w.query_bias), true);
    const AttentionArgs args = attention_of(part, memory, rows, w.v, all.queries, all.alignments, all.contexts);
    device.check(device.kernels().attention(device.context(), args), "attention");
    if (w.conditional())
      launch::affine(device, gx, context, context_weight(w, n), {.transpose_b = true},
                     launch::repeated(w.second.bias_ih), true);
    else multiply_by_weight(device, gx, context, context_weight(w, n), {.transpose_b = true}, 1);
    second.forward(all.second, part);
  }

  const Device device;
  const AttentionMemory& memory;
  const AttentionRows& rows;
  const AttentionGruWeights& w;
  const Sizes n;
  std::optional<GruStep> first;
  GruStep second;
  Tensor gx_first, gx_second, previous, middle, queries, alignments, contexts, states;
  GruRows first_rows, second_rows;
  /// Matrices of all these buffers, of which a step takes its rows.
  struct {
    GruForward first, second;
    Matrix queries, alignments, contexts;
  } all;
};

Sizes sizes_of(const Tensor& x, const AttentionMemory& memory, const AttentionGruWeights& w) {
  return {x.dim(1), w.second.weight_hh.dim(1), w.v.dim(0), memory.values.dim(1)};
}

/// Returns the state to begin with; zeros where there is none.
Tensor first_h(const Tensor& x, const Lengths& lengths, const State& first, const AttentionGruWeights& w) {
  return first.h.defined() || !x.defined()
             ? first.h
             : Tensor::zeros({lengths.batch(), w.second.weight_hh.dim(1)}, x.dtype(), x.device());
}

/// Returns each sequence's last row of y (N, H); for an empty sequence, the state that it began with.
Tensor last_states(const Tensor& y, const Tensor& h0, const Lengths& lengths) {
  if (lengths.batch() == 0 || lengths.shortest() > 0) return gather_rows(y, lengths.last_rows());
  std::vector<int64_t> rows;
  for (int64_t b = 0; b < lengths.batch(); ++b) {
    const int64_t last = lengths[b] - 1;
    rows.push_back(last < 0 ? y.dim(0) + b : lengths.start(last) + lengths.rank()[static_cast<size_t>(b)]);
  }
  return gather_rows(concat({y, h0}), Tensor::from(rows, y.device()));
}

/// Returns the rule of a record. What it points to lives as long as the tape.
auto attention_gru_rule(const Lengths* targets, const Lengths* sources, const AttentionRows* rows, GruForm form) {
  return [targets, sources, rows, form](
             const Tensor& dstates, const Tensor& dcontexts, const Tensor& dalignments, SavedInput x, SavedInput h0,
             SavedInput keys, SavedInput values, SavedInput first_ih, SavedInput first_hh, SavedInput first_bias_ih,
             SavedInput first_bias_hh, SavedInput second_ih, SavedInput second_hh, SavedInput second_bias_ih,
             SavedInput second_bias_hh, SavedInput query_weight, SavedInput query_bias, SavedInput v,
             const Tensor& previous, const Tensor& middle, const Tensor& queries, const Tensor& alignments,
             const Tensor& contexts, const Tensor& first_gates, const Tensor& first_product, const Tensor& second_gates,
             const Tensor& second_product) {
    backward_attention_gru({.dstates = dstates,
                            .dcontexts = dcontexts,
                            .dalignments = dalignments,
                            .x = x,
                            .h0 = h0,
                            .keys = keys,
                            .values = values,
                            .first = {first_ih, first_hh, first_bias_ih, first_bias_hh},
                            .second = {second_ih, second_hh, second_bias_ih, second_bias_hh},
                            .query_weight = query_weight,
                            .query_bias = query_bias,
                            .v = v,
                            .previous = previous,
                            .middle = middle,
                            .queries = queries,
                            .alignments = alignments,
                            .contexts = contexts,
                            .first_rows = {first_gates, first_product},
                            .second_rows = {second_gates, second_product}},
                           *targets, *sources, *rows, form);
  };
}

/// Records the loop that ran, from its inputs and the buffers that it filled.
void record_loop(const Loop& loop, const Tensor& x, const Tensor& h0, const Lengths& lengths,
                 std::array<Tensor, 3>& outputs) {
  const AttentionMemory& memory = loop.memory;
  const AttentionGruWeights& w = loop.w;
  const Lengths *targets = keep_on_tape(lengths), *sources = keep_on_tape(memory.lengths);
  record(attention_gru_op,
         {x,
          h0,
          memory.keys,
          memory.values,
          w.first.weight_ih,
          w.first.weight_hh,
          w.first.bias_ih,
          w.first.bias_hh,
          w.second.weight_ih,
          w.second.weight_hh,
          w.second.bias_ih,
          w.second.bias_hh,
          w.query_weight,
          w.query_bias,
          w.v,
          loop.previous,
          loop.middle,
          loop.queries,
          loop.alignments,
          loop.contexts,
          loop.first_rows.gates,
          loop.first_rows.product,
          loop.second_rows.gates,
          loop.second_rows.product},
         outputs, attention_gru_rule(targets, sources, keep_on_tape(loop.rows), w.form));
}

bool has_fused_attention(Device device) {
  return has_fused_gru(device) && device.kernels().attention && device.kernels().attention_backward;
}

}  // namespace

cells::AttentionGru::AttentionGru(AttentionMemory sources, AttentionGruWeights given, const Lengths& targets)
    : memory(std::move(sources)), weights(std::move(given)), targets_(targets) {
  // check() refuses other batches.
  if (memory.lengths.batch() == targets.batch()) rows = attention_rows(memory.lengths, targets.order());
}

void cells::AttentionGru::check(const Tensor& x, const Lengths& lengths, const State& first) const {
  if (x.defined() && x.rank() == 3) return Cell::check(x, lengths, first);
  const Tensor h0 = first_h(x, lengths, first, weights);
  require_attention_gru("attention_gru", x, h0, memory, weights);
  require_batches(lengths, x, h0, memory);
  require<UsageError>(lengths.same_rows(targets_),
                      "[attention_gru] need the lengths that the cell was made for, got {} sequences of others",
                      lengths.batch());
}

Output cells::AttentionGru::step(const Tensor& x, const State& state) const {
  const Tensor h = weights.conditional() ? gru_cell(x, state.h, weights.first, weights.form) : state.h;
  AttentionOutput attended = additive_attention_composed(linear(h, weights.query_weight, weights.query_bias), memory,
                                                         rows.first(x.dim(0)), weights.v);
  const Tensor input = weights.conditional() ? attended.context : concat({x, attended.context}, 1);
  const Tensor next = gru_cell(input, h, weights.second, weights.form);
  return {next, next, std::move(attended)};
}

std::optional<Output> cells::AttentionGru::fused(const Tensor& x, const Lengths& lengths, const State& state,
                                                 bool reverse) const {
  if (reverse || !has_fused_attention(x.device())) return std::nullopt;
  const AttentionGruWeights& w = weights;
  const Tensor h0 = first_h(x, lengths, state, weights);
  Loop loop(x, memory, rows, w, sizes_of(x, memory, w), lengths.batch());
  const Tensor first = gathered_rows(h0, lengths.order_tensor());
  const recurrence::StateBuffers buffers{Raw::matrix(first), loop.all.second.y, Raw::write_matrix(loop.previous)};
  recurrence::in_parts(loop.device, lengths, [&](recurrence::Ranks ranks) {
    recurrence::for_each_step(lengths, false, ranks, [&](int64_t t, StepRows part) {
      recurrence::fill_previous(loop.device, buffers, lengths, t, part, false);
      loop.step(part);
    });
  });
  std::array<Tensor, 3> outputs{loop.states, loop.contexts, loop.alignments};
  record_loop(loop, x, h0, lengths, outputs);
  return Output(outputs[0], last_states(outputs[0], h0, lengths), {outputs[1], outputs[2]});
}

Output attention_gru(const Tensor& x, const Lengths& lengths, const Tensor& h0, const AttentionMemory& memory,
                     const AttentionGruWeights& weights) {
  return scan(cells::AttentionGru(memory, weights, lengths), x, lengths, h0);
}

Output attention_gru_composed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const AttentionMemory& memory,
                              const AttentionGruWeights& weights) {
  return scan_composed(cells::AttentionGru(memory, weights, lengths), x, lengths, h0);
}

Output attention_gru_step(const Tensor& x, const Tensor& h, const AttentionMemory& memory, const AttentionRows& rows,
                          const AttentionGruWeights& w) {
  const NoGrad unrecorded;
  const Sizes n = require_attention_gru("attention_gru_step", x, h, memory, w);
  require(rows.count() == x.dim(0) && h.dim(0) == x.dim(0),
          "[attention_gru_step] need one source and one state for each of {} rows, got {} sources and states {}",
          x.dim(0), rows.count(), h.shape());
  require_rows("attention_gru_step", x, memory, rows);
  if (!has_fused_attention(x.device())) {
    const Tensor middle = w.conditional() ? gru_cell(x, h, w.first, w.form) : h;
    const AttentionOutput attended =
        additive_attention_composed(linear(middle, w.query_weight, w.query_bias), memory, rows, w.v);
    const Tensor input = w.conditional() ? attended.context : concat({x, attended.context}, 1);
    const Tensor next = gru_cell(input, middle, w.second, w.form);
    return {next, next, attended};
  }
  Loop loop(x, memory, rows, w, n, x.dim(0));
  launch::copy(loop.previous, h);
  loop.step({0, x.dim(0), 0});
  return {loop.states, loop.states, {loop.contexts, loop.alignments}};
}

}  // namespace grus
