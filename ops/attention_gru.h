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

namespace cells {

/// scan(cells::AttentionGru(memory, weights, targets), x, targets, h0): state {h}, y = h (N, H), and of each row its
/// attention: contexts (N, C), alignments (N, S). x (N, E), packed by the lengths of the targets; memory: the sources,
/// the same B sequences. The cell is made for one batch, by the lengths of its targets.
class AttentionGru final : public Cell {
 public:
  AttentionGru(AttentionMemory sources, AttentionGruWeights given, const Lengths& targets);
  std::vector<int64_t> sizes() const override { return {weights.second.weight_hh.dim(1)}; }
  Output step(const Tensor& x, const State& state) const override;
  std::optional<Output> fused(const Tensor& x, const Lengths& lengths, const State& first, bool reverse) const override;
  void check(const Tensor& x, const Lengths& lengths, const State& first) const override;
  std::shared_ptr<const Cell> kept() const override { return std::make_shared<AttentionGru>(*this); }
  const char* name() const override { return "attention_gru"; }

  AttentionMemory memory;
  AttentionGruWeights weights;
  AttentionRows rows;  // by rank of the targets

 private:
  Lengths targets_;
};

}  // namespace cells

/// scan with the decoder's cell, from h0 (B, H) in the caller's order.
Output attention_gru(const Tensor& x, const Lengths& lengths, const Tensor& h0, const AttentionMemory& memory,
                     const AttentionGruWeights& weights);
Output attention_gru_composed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const AttentionMemory& memory,
                              const AttentionGruWeights& weights);

/// One step for decoding, never recorded: x (rows, E), h (rows, H) -> h', contexts and alignments with one row each.
Output attention_gru_step(const Tensor& x, const Tensor& h, const AttentionMemory& memory, const AttentionRows& rows,
                          const AttentionGruWeights& weights);

}  // namespace grus
