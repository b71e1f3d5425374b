#pragma once
// Long short-term memory with forget gates (Hochreiter and Schmidhuber 1997, Gers et al. 2000), fused and composed:
//
//   i = sigmoid(W_i x + b_i + U_i h + b'_i)      f, o likewise      g = tanh(W_g x + b_g + U_g h + b'_g)
//   c' = f * c + i * g                           h' = o * tanh(c')
#include "ops/recurrence.h"

namespace grus {

using LstmWeights = RecurrentWeights;  // G = 4, gates in the order i, f, g, o

/// Before the first step; either undefined: zeros.
struct LstmState {
  Tensor h, c;  // (B, H)
};

struct [[nodiscard]] LstmOutput {
  Tensor y;     // every h
  Tensor h, c;  // (B, H): each sequence's last ones, in the caller's order
};

/// One layer over x (T, B, I): y (T, B, H), zeros past the lengths. `reverse` runs each sequence from its own last
/// step. lengths null: all T. Throws ShapeError, DtypeError.
LstmOutput lstm(const Tensor& x, const Lengths* lengths, const LstmState& first, const LstmWeights& weights,
                bool reverse = false);
/// The same on packed rows (N, I) -> (N, H). Saves the gates and c, (N, 5H) numbers, and each row's incoming h and c.
LstmOutput lstm_packed(const Tensor& x, const Lengths& lengths, const LstmState& first, const LstmWeights& weights,
                       bool reverse = false);
/// The composed twin of lstm_packed: the equations above in plain ops.
LstmOutput lstm_packed_composed(const Tensor& x, const Lengths& lengths, const LstmState& first,
                                const LstmWeights& weights, bool reverse = false);
/// One step in plain ops: x (B, I), h and c (B, H) -> h', c'.
LstmState lstm_cell(const Tensor& x, const LstmState& state, const LstmWeights& weights);

}  // namespace grus
