#pragma once
// What the two halves of attention_gru share: its sizes, and what the record keeps. Internal to ops.
#include "core/tape.h"
#include "ops/attention_gru.h"
#include "ops/gru_step.h"
#include "ops/launch.h"

namespace grus {

struct AttentionGruSizes {
  int64_t input, hidden, attention, context;
};

/// The columns of the second GRU's weight_ih that take the context.
inline Matrix context_weight(const AttentionGruWeights& w, const AttentionGruSizes& n) {
  const int64_t begin = w.conditional() ? 0 : n.input;
  return launch::columns_of(w.second.weight_ih.matrix(), begin, begin + n.context);
}

/// The record's inputs, in order.
struct AttentionGruInputs {
  enum {
    x,
    h0,
    keys,
    values,
    first_ih,
    first_hh,
    first_bias_ih,
    first_bias_hh,
    second_ih,
    second_hh,
    second_bias_ih,
    second_bias_hh,
    query_weight,
    query_bias,
    v,
    count
  };
};
/// What it saves besides.
struct AttentionGruKept {
  enum {
    previous = AttentionGruInputs::count,
    middle,
    queries,
    alignments,
    contexts,
    gates_first,
    product_first,
    gates_second,
    product_second,
    columns,
    lengths
  };
};

/// Adds the gradients of every input; the twin's under create_graph.
void backward_attention_gru(const Saved& s, Grads& dx, const Lengths& targets, const Lengths& sources, GruForm form);

}  // namespace grus
