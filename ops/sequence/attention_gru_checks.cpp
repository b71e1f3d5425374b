// Checks of attention_gru's arguments.
#include "ops/sequence/attention_gru_parts.h"

namespace grus {
namespace {

using Sizes = AttentionGruSizes;

/// Throws unless the weights of one of the two GRUs fit: weight_ih (3H, input), weight_hh (3H, H), biases (3H).
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

/// Throws unless the query's weights, v, keys and values fit.
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

}  // namespace

AttentionGruSizes require_attention_gru(const char* op, const Tensor& x, const Tensor& h, const AttentionMemory& memory,
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

void require_batches(const Lengths& targets, const Tensor& x, const Tensor& h0, const AttentionMemory& memory) {
  require(x.dim(0) == targets.total() && h0.dim(0) == targets.batch() && memory.lengths.batch() == targets.batch(),
          "[attention_gru] need x (N = {}, E), h0 (B = {}, H) and {} sources, got {}, {} and {}", targets.total(),
          targets.batch(), targets.batch(), x.shape(), h0.shape(), memory.lengths.batch());
  require_device_of("attention_gru", x, targets.lengths_tensor(), "lengths of targets");
  require_device_of("attention_gru", x, memory.lengths.lengths_tensor(), "lengths of sources");
}

}  // namespace grus
