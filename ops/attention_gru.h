#pragma once
// The decoder's recurrence with attention inside its loop, as one op.
//
//   single       q = W_q h + b_q          c = attention(q)     h' = GRU([x; c], h)        Bahdanau et al. 2014, A.2.2
//   conditional  h1 = GRU_1(x, h)         q = W_q h1 + b_q     c = attention(q)           h' = GRU_2(c, h1)
#include "ops/attention.h"
#include "ops/gru.h"

namespace grus {

struct AttentionGruWeights {
  GruWeights first;     // (conditional) takes x; all undefined: single
  GruWeights second;    // takes c (conditional) or [x; c] (single)
  Tensor query_weight;  // (A, H)
  Tensor query_bias;    // (A) or undefined
  Tensor v;             // (A)
  GruForm form;
  bool conditional() const { return first.weight_ih.defined(); }
};

struct [[nodiscard]] AttentionGruOutput {
  Tensor states;    // (N, H), packed as x
  Tensor contexts;  // (N, C)
  Tensor weights;   // (N, S): alignments, no gradient
};

/// x (N, E): packed by `lengths` (the targets); h0 (B, H) in the caller's order; memory: the sources, the same B
/// sequences.
AttentionGruOutput attention_gru(const Tensor& x, const Lengths& lengths, const Tensor& h0,
                                 const AttentionMemory& memory, const AttentionGruWeights& weights);
AttentionGruOutput attention_gru_composed(const Tensor& x, const Lengths& lengths, const Tensor& h0,
                                          const AttentionMemory& memory, const AttentionGruWeights& weights);

/// One step for decoding, never recorded: x (rows, E), h (rows, H) -> states, contexts, weights with one row each.
AttentionGruOutput attention_gru_step(const Tensor& x, const Tensor& h, const AttentionMemory& memory,
                                      const AttentionRows& rows, const AttentionGruWeights& weights);

}  // namespace grus
