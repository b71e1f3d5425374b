#include "ops/attention_gru.h"

#include <algorithm>

#include "core/base/error.h"
#include "ops/attention_gru_parts.h"
#include "ops/elementwise.h"
#include "ops/gru_step.h"
#include "ops/index.h"
#include "ops/launch.h"
#include "ops/sequence.h"
#include "ops/shape.h"
#include "ops/twin.h"

namespace grus {
namespace {

const Op attention_gru_op("attention_gru");

using Sizes = AttentionGruSizes;
using recurrence::StepRows;

/// One GRU of the two: weight_ih (3H, input) and the rest by it.
void require_gru_weights(const char* op, const char* which, const Tensor& x, const GruWeights& w, int64_t hidden,
                         int64_t input) {
  const int64_t rows = product_of_sizes(3, hidden, op);
  for (const Tensor* weight : {&w.weight_ih, &w.weight_hh}) require_same_kind(op, x, *weight);
  require(w.weight_ih.shape() == Shape{rows, input} && w.weight_hh.shape() == Shape{rows, hidden},
          "[{}] need the {} GRU's weight_ih {} and weight_hh (3H, H), got {} and {}", op, which, Shape{rows, input},
          w.weight_ih.shape(), w.weight_hh.shape());
  for (const Tensor* bias : {&w.bias_ih, &w.bias_hh}) {
    if (!bias->defined()) continue;
    require_same_kind(op, x, *bias);
    require(bias->shape() == Shape{rows}, "[{}] need the {} GRU's biases (3H = {}), got {}", op, which, rows,
            bias->shape());
  }
}

/// What the query is made with, and what it meets.
void require_query(const char* op, const Tensor& x, const AttentionMemory& memory, const AttentionGruWeights& w,
                   const Sizes& n) {
  const int64_t total = memory.lengths.total();
  require(w.query_weight.shape() == Shape{n.attention, n.hidden} && w.v.shape() == Shape{n.attention} &&
              memory.keys.shape() == Shape{total, n.attention} && memory.values.shape() == Shape{total, n.context},
          "[{}] need query_weight (A, H = {}), v (A), keys (N = {}, A) and values (N, C), got {}, {}, {} and {}", op,
          n.hidden, total, w.query_weight.shape(), w.v.shape(), memory.keys.shape(), memory.values.shape());
  if (!w.query_bias.defined()) return;
  require_same_kind(op, x, w.query_bias);
  require(w.query_bias.shape() == Shape{n.attention}, "[{}] need query_bias (A = {}), got {}", op, n.attention,
          w.query_bias.shape());
}

Sizes require_attention_gru(const char* op, const Tensor& x, const Tensor& h, const AttentionMemory& memory,
                            const AttentionGruWeights& w) {
  require_float(op, x);
  for (const Tensor* other : {&h, &memory.keys, &memory.values, &w.v, &w.query_weight, &w.second.weight_hh})
    require_same_kind(op, x, *other);
  require(x.rank() == 2 && h.rank() == 2, "[{}] need x (N, E) and h (B, H), got {} and {}", op, x.shape(), h.shape());
  require(w.v.rank() == 1 && memory.values.rank() == 2, "[{}] need v (A) and values (N, C), got {} and {}", op,
          w.v.shape(), memory.values.shape());
  const Sizes n{x.dim(1), h.dim(1), w.v.dim(0), memory.values.dim(1)};
  require_gru_weights(op, "second", x, w.second, n.hidden, w.conditional() ? n.context : n.input + n.context);
  if (w.conditional()) require_gru_weights(op, "first", x, w.first, n.hidden, n.input);
  else
    require<UsageError>(!w.first.weight_hh.defined() && !w.first.bias_ih.defined() && !w.first.bias_hh.defined(),
                        "[{}] need all of the first GRU's weights or none, got some without weight_ih", op);
  require_query(op, x, memory, w, n);
  return n;
}

/// The buffers of a whole loop, each with one row for each row of x, and the step that fills some rows of them.
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
      apply_weight(gx_second, x, launch::columns_of(w.second.weight_ih.matrix(), 0, n.input), Transposed,
                   w.second.bias_ih);
      middle = previous;
    } else {
      first.emplace(w.first.weight_hh, w.first.bias_hh, w.form, batch);
      gx_first = buffer(3 * n.hidden);
      apply_weight(gx_first, x, w.first.weight_ih.matrix(), Transposed, w.first.bias_ih);
      middle = buffer(n.hidden);
      first_rows = GruRows(x.dim(0), n.hidden, x.dtype(), x.device());
    }
    all = {w.conditional() ? whole(gx_first, previous, first_rows, middle) : GruForward{},
           whole(gx_second, middle, second_rows, states), queries.write_matrix(), alignments.write_matrix(),
           contexts.write_matrix()};
  }

  static GruForward whole(Tensor& gx, const Tensor& h, GruRows& rows, Tensor& y) {
    return {gx.write_matrix(), h.matrix(), rows.gates.write_matrix(), rows.product.write_matrix(), y.write_matrix()};
  }

  /// The rows of a step: previous is given; middle, queries, alignments, contexts and states are made.
  void step(StepRows part) {
    const Matrix query = part.of(all.queries), context = part.of(all.contexts), gx = part.of(all.second.gx);
    if (w.conditional()) first->forward(all.first, part);
    launch::affine(device, query, part.of(all.second.h), w.query_weight.matrix(), Transposed,
                   launch::repeated(w.query_bias), true);
    const AttentionArgs args = attention_of(part, memory, rows, w.v, all.queries, all.alignments, all.contexts);
    device.check(device.kernels().attention(device.context(), args), "attention");
    if (w.conditional())
      launch::affine(device, gx, context, context_weight(w, n), Transposed, launch::repeated(w.second.bias_ih), true);
    else multiply_by_weight(device, gx, context, context_weight(w, n), Transposed, 1);
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
  /// All of these buffers, as a step takes its rows of them.
  struct {
    GruForward first, second;
    Matrix queries, alignments, contexts;
  } all;
};

bool has_fused_attention(Device device) {
  return has_fused_gru(device) && device.kernels().attention && device.kernels().attention_backward;
}

void require_batches(const Lengths& targets, const Tensor& x, const Tensor& h0, const AttentionMemory& memory) {
  require(x.dim(0) == targets.total() && h0.dim(0) == targets.batch() && memory.lengths.batch() == targets.batch(),
          "[attention_gru] need x (N = {}, E), h0 (B = {}, H) and {} sources, got {}, {} and {}", targets.total(),
          targets.batch(), targets.batch(), x.shape(), h0.shape(), memory.lengths.batch());
  require_device_of("attention_gru", x, targets.lengths_tensor(), "lengths of targets");
  require_device_of("attention_gru", x, memory.lengths.lengths_tensor(), "lengths of sources");
}

}  // namespace

AttentionGruOutput attention_gru(const Tensor& x, const Lengths& lengths, const Tensor& h0,
                                 const AttentionMemory& memory, const AttentionGruWeights& w) {
  const Sizes n = require_attention_gru("attention_gru", x, h0, memory, w);
  require_batches(lengths, x, h0, memory);
  if (!has_fused_attention(x.device())) return attention_gru_composed(x, lengths, h0, memory, w);
  const AttentionRows rows = attention_rows(memory.lengths, lengths.order());
  Loop loop(x, memory, rows, w, n, lengths.batch());
  const Tensor first = gathered_rows(h0, lengths.order_tensor());
  const recurrence::StateBuffers state{first.matrix(), loop.all.second.y, loop.previous.write_matrix()};
  recurrence::in_parts(loop.device, lengths, [&](recurrence::Ranks ranks) {
    recurrence::for_each_step(lengths, false, ranks, [&](int64_t t, StepRows part) {
      recurrence::fill_previous(loop.device, state, lengths, t, part, false);
      loop.step(part);
    });
  });
  std::array<Tensor, 2> outputs{loop.states, loop.contexts};
  const Lengths *targets = keep_on_tape(lengths), *sources = keep_on_tape(memory.lengths);
  const AttentionRows* kept = keep_on_tape(rows);
  const GruForm form = w.form;
  record_outputs(
      attention_gru_op,
      {x, h0, memory.keys, memory.values, w.first.weight_ih, w.first.weight_hh, w.first.bias_ih, w.first.bias_hh,
       w.second.weight_ih, w.second.weight_hh, w.second.bias_ih, w.second.bias_hh, w.query_weight, w.query_bias, w.v},
      outputs,
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
      [targets, sources, kept, form](const Saved& s, Grads& dx) {
        backward_attention_gru(s, dx, *targets, *sources, *kept, form);
      });
  return {outputs[0], outputs[1], loop.alignments};
}

AttentionGruOutput attention_gru_composed(const Tensor& x, const Lengths& lengths, const Tensor& h0,
                                          const AttentionMemory& memory, const AttentionGruWeights& w) {
  require_attention_gru("attention_gru", x, h0, memory, w);
  require_batches(lengths, x, h0, memory);
  const AttentionRows rows = attention_rows(memory.lengths, lengths.order());
  Tensor h = gather_rows(h0, lengths.order_tensor());
  std::vector<Tensor> states, contexts, alignments;
  // No sequences: a step of no rows, so that the results are on the tape.
  for (int64_t t = 0; t < std::max<int64_t>(lengths.longest(), 1); ++t) {
    const int64_t begin = t < lengths.longest() ? lengths.start(t) : 0, alive = lengths.alive(t);
    const Tensor word = x.rows(begin, begin + alive);
    h = h.rows(0, alive);
    if (w.conditional()) h = gru_cell(word, h, w.first, w.form);
    const AttentionOutput attended =
        additive_attention_composed(linear(h, w.query_weight, w.query_bias), memory, rows.first(alive), w.v);
    h = gru_cell(w.conditional() ? attended.context : concat({word, attended.context}, 1), h, w.second, w.form);
    states.push_back(h);
    contexts.push_back(attended.context);
    alignments.push_back(attended.weights);
  }
  return {concat(states, 0), concat(contexts, 0), concat(alignments, 0).detach()};
}

AttentionGruOutput attention_gru_step(const Tensor& x, const Tensor& h, const AttentionMemory& memory,
                                      const AttentionRows& rows, const AttentionGruWeights& w) {
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
    return {gru_cell(input, middle, w.second, w.form), attended.context, attended.weights};
  }
  Loop loop(x, memory, rows, w, n, x.dim(0));
  launch::copy(loop.previous, h);
  loop.step({0, x.dim(0), 0});
  return {loop.states, loop.contexts, loop.alignments};
}

}  // namespace grus
