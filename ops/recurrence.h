#pragma once
// What the loops over packed steps share, whatever the cell. Internal to ops but for RecurrentWeights.
#include <algorithm>
#include <functional>

#include "core/record/record.h"
#include "core/tensor/lengths.h"
#include "ops/scan.h"

namespace grus {

/// One layer's weights in one direction, in PyTorch's layout: G gates one below the other. Biases may be undefined:
/// zeros.
struct RecurrentWeights {
  Tensor weight_ih;  // (G H, I), or undefined: x (N, G H) holds the gates' inputs already
  Tensor weight_hh;  // (G H, H)
  Tensor bias_ih;    // (G H); undefined where weight_ih is
  Tensor bias_hh;    // (G H)
};

namespace recurrence {

/// The inputs that records of all cells begin with; the first states follow.
struct Inputs {
  enum { x, weight_ih, weight_hh, bias_ih, bias_hh, states };
};

/// Of packed x and a first state of `count` tensors. Throws ShapeError, DtypeError, UsageError; messages begin with
/// [op].
void require_inputs(const char* op, int64_t gates, const Tensor& x, const Lengths& lengths, const RecurrentWeights& w,
                    const State& first, size_t count);

/// Throws UsageError for a length of 0.
void require_no_empty(const char* op, const Lengths& lengths);
/// Of one step: x (B, I), every state (B, H).
void require_cell_inputs(const char* op, int64_t gates, const Tensor& x, const RecurrentWeights& w, const State& state,
                         size_t count);

/// W x + b of all steps at once: (N, G H). x itself where there is no W.
Tensor gate_inputs(const Tensor& x, const RecurrentWeights& w);
/// The same in plain ops.
Tensor gate_inputs_composed(const Tensor& x, const RecurrentWeights& w);
/// After the loop: gradients of x, weight_ih and bias_ih from those of the gates' inputs.
void add_input_gradients(Grads& dx, const Tensor& dgx, const Tensor& x, const Tensor& weight_ih);

/// Rows of the sequences longest first, from (B, H) in the caller's order; undefined: zeros.
Tensor by_rank(const Tensor& state, const Lengths& lengths, const Tensor& like, int64_t hidden);
/// Each sequence's last state, in the caller's order, from every state (N, H).
Tensor last_states(const Tensor& y, const Lengths& lengths, bool reverse);
/// The rows [begin, end) of packed buffers that a step works on: those of the sequences of rank `rank` and on.
struct StepRows {
  int64_t begin, end, rank;
  int64_t count() const { return end - begin; }
  Matrix of(const Matrix& packed) const;         // (N, ...)
  Matrix of_ranks(const Matrix& by_rank) const;  // (B, ...)
};

/// A state, as the steps of a loop hand it on.
struct StateBuffers {
  Matrix first;     // (B, H), by rank; absent: zeros
  Matrix y;         // (N, H): what goes out of each step
  Matrix previous;  // (N, H): what comes in
};
/// The states that come into step t's rows: those of the step before in the direction of the loop, and the first ones
/// where a sequence begins.
void fill_previous(Device device, const StateBuffers& state, const Lengths& lengths, int64_t t, StepRows rows,
                   bool reverse);

/// Sequences of rank first, first + 1, ..., last - 1.
struct Ranks {
  int64_t first, last;
};
/// f(ranks) for parts of about the same number of rows that cover all sequences, at once where the device can.
void in_parts(Device device, const Lengths& lengths, const std::function<void(Ranks)>& f);

/// visit(t, rows) for each step and the packed rows of those ranks in it, from the last step on when `backwards`.
template <class Visit>
void for_each_step(const Lengths& lengths, bool backwards, Ranks ranks, Visit visit) {
  for (int64_t i = 0; i < lengths.longest(); ++i) {
    const int64_t t = backwards ? lengths.longest() - 1 - i : i;
    const int64_t start = lengths.start(t), last = std::min(ranks.last, lengths.alive(t));
    if (ranks.first < last) visit(t, StepRows{start + ranks.first, start + last, ranks.first});
  }
}

/// Of x (T, B, I), before it is packed: throws where it and the weights differ, in x's own words.
void require_padded(const char* op, const Tensor& x, const RecurrentWeights& w);

}  // namespace recurrence
}  // namespace grus
