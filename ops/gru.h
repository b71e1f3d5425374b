#pragma once
// Gated recurrent units, fused and composed. Say which one (r reset gate, z update gate, n new state, * elementwise):
//
//   r = sigmoid(W_r x + b_r + U_r h + b'_r)          z = sigmoid(W_z x + b_z + U_z h + b'_z)
//   Reset::after    n = tanh(W_n x + b_n + r * (U_n h + b'_n))      cuDNN, PyTorch, Keras reset_after
//   Reset::before   n = tanh(W_n x + b_n + U_n (r * h) + b'_n)      Cho et al. 2014 (v3), Bahdanau et al. 2014
//   Update::keep    h' = z * h + (1 - z) * n                        Cho et al. 2014, cuDNN, PyTorch, Keras
//   Update::replace h' = (1 - z) * h + z * n                        Bahdanau et al. 2014
#include "ops/recurrence.h"

namespace grus {

struct GruForm {
  Reset reset = Reset::after;
  Update update = Update::keep;
};

using GruWeights = RecurrentWeights;  // G = 3, gates in the order r, z, n

struct [[nodiscard]] GruOutput {
  Tensor y;  // every state
  Tensor h;  // (B, H): each sequence's last state, in the caller's order
};

/// One layer over x (T, B, I): y (T, B, H), zeros past the lengths. h0 (B, H) or undefined: zeros. `reverse` runs each
/// sequence from its own last step. lengths null: all T. Throws ShapeError, DtypeError.
GruOutput gru(const Tensor& x, const Lengths* lengths, const Tensor& h0, const GruWeights& weights, GruForm form = {},
              bool reverse = false);
/// The same on packed rows (N, I) -> (N, H). Saves the gates, (N, 4H) numbers, and each row's incoming state.
GruOutput gru_packed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const GruWeights& weights,
                     GruForm form = {}, bool reverse = false);
/// The composed twin of gru_packed: the equations above in plain ops.
GruOutput gru_packed_composed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const GruWeights& weights,
                              GruForm form = {}, bool reverse = false);
/// One step in plain ops: x (B, I), h (B, H) -> h' (B, H).
Tensor gru_cell(const Tensor& x, const Tensor& h, const GruWeights& weights, GruForm form = {});

}  // namespace grus
