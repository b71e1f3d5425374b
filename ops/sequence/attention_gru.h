#pragma once
// The decoder's recurrence, with attention inside its loop, is one op.
//
//   single       q = W_q h + b_q          c = attention(q)     h' = GRU([x; c], h)        Bahdanau et al. 2014, A.2.2
//   conditional  h1 = GRU_1(x, h)         q = W_q h1 + b_q     c = attention(q)           h' = GRU_2(c, h1)
// Sources: attention_gru.cpp, attention_gru_parts.h, attention_gru_checks.cpp, attention_gru_backward.cpp.
#include "ops/sequence/attention.h"
#include "ops/sequence/gru.h"

namespace grus {

struct AttentionGruWeights {
  GruWeights first;     // GRU_1 of the conditional form, which takes x; all undefined in the single form
  GruWeights second;    // GRU_2, which takes c, or the GRU of the single form, which takes [x; c]
  Tensor query_weight;  // (A, H)
  Tensor query_bias;    // (A) or undefined
  Tensor v;             // (A)
  GruForm form;
  bool conditional() const { return first.weight_ih.defined(); }
};

namespace cells {

/// scan(cells::AttentionGru(memory, weights, targets), x, targets, h0) gives state {h}, y = h (N, H) and the attention
/// of each row: context (N, C), weights (N, S). x (N, E) is packed by the lengths of the B targets; memory holds their
/// B sources. A cell is made for one batch, by the lengths of its targets.
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

/// Scans with the decoder's cell, from h0 (B, H) in the caller's order; undefined means zeros. Saves its inputs and
/// what each step made. Throws ShapeError, DtypeError, DeviceError, UsageError.
Output attention_gru(const Tensor& x, const Lengths& lengths, const Tensor& h0, const AttentionMemory& memory,
                     const AttentionGruWeights& weights);
/// The composed twin of attention_gru.
Output attention_gru_composed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const AttentionMemory& memory,
                              const AttentionGruWeights& weights);

/// Computes one step for decoding, which is never recorded: x (rows, E), h (rows, H) -> y = h' (rows, H), context
/// (rows, C), weights (rows, S).
Output attention_gru_step(const Tensor& x, const Tensor& h, const AttentionMemory& memory, const AttentionRows& rows,
                          const AttentionGruWeights& weights);

}  // namespace grus
