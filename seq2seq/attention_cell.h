#pragma once
// A decoder's layer that attends, of either unit and any score, in plain ops and fused steps:
//   single       c = attention(h)        s' = unit([x; c], s)             s = {h}, or {h, c} of an LSTM
//   conditional  s1 = unit_1(x, s)       c = attention(h1)                s' = unit_2(c, s1)
// Gated units with additive scores have a loop that is one op: cells::AttentionGru.
#include <memory>

#include "nn/attention.h"
#include "ops/sequence/scan.h"
#include "seq2seq/unit.h"

namespace grus::seq2seq {

class AttentionCell final : public Cell {
 public:
  /// Takes the memory of B queries, row i of which is that of the i-th longest target; `first` is null for the single
  /// form. The modules must outlive the cell.
  AttentionCell(const UnitCell* first, const UnitCell& second, const nn::Attention& attention,
                nn::PreparedMemory memory);

  std::vector<int64_t> sizes() const override { return second_->sizes(); }
  Tensor project(const Tensor& x) const override;
  Output step(const Tensor& x, const State& state) const override;
  const char* name() const override { return "attention_cell"; }

 private:
  const nn::Attention& attention_;
  const nn::PreparedMemory memory_;
  Tensor word_weight_, word_bias_;        // what the word goes through: those of unit_1, or a part of the single one's
  Tensor context_weight_, context_bias_;  // what the context goes through
  std::shared_ptr<const Cell> first_, second_;  // they take sums of gates
};

}  // namespace grus::seq2seq
