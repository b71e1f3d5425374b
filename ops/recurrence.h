#pragma once
// What the loops over packed steps share, whatever the cell. Internal to ops but for RecurrentWeights.
#include <span>
#include <vector>

#include "core/lengths.h"
#include "core/tape.h"

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

/// Throws ShapeError, DtypeError, UsageError (a length of 0); messages begin with [op].
void require_inputs(const char* op, int64_t gates, const Tensor& x, const Lengths& lengths, const RecurrentWeights& w,
                    std::span<const Tensor> states);

/// W x + b of all steps at once: (N, G H). x itself where there is no W.
Tensor gate_inputs(const Tensor& x, const RecurrentWeights& w);
/// The same in plain ops, for twins.
Tensor gate_inputs_composed(const Tensor& x, const RecurrentWeights& w);
/// After the loop: gradients of x, weight_ih and bias_ih from those of the gates' inputs.
void add_input_gradients(Grads& dx, const Tensor& dgx, const Tensor& x, const Tensor& weight_ih);

/// Rows of the sequences longest first, from (B, H) in the caller's order; undefined: zeros.
Tensor by_rank(const Tensor& state, const Lengths& lengths, const Tensor& like, int64_t hidden);
/// Each sequence's last state, in the caller's order, from every state (N, H).
Tensor last_states(const Tensor& y, const Lengths& lengths, bool reverse);
/// The states that come into step t's rows: those of the step before in the direction of the loop, and `first` (by
/// rank; undefined: zeros) where a sequence begins.
void fill_previous(Tensor& previous, const Tensor& y, const Tensor& first, const Lengths& lengths, int64_t t,
                   bool reverse);

/// visit(t, begin, end) for each step and its packed rows, from the last step on when `backwards`.
template <class Visit>
void for_each_step(const Lengths& lengths, bool backwards, Visit visit) {
  for (int64_t i = 0; i < lengths.longest(); ++i) {
    const int64_t t = backwards ? lengths.longest() - 1 - i : i;
    visit(t, lengths.start(t), lengths.start(t) + lengths.alive(t));
  }
}

/// x (T, B, ...) and its lengths (null: all T) as packed rows.
struct Packed {
  Tensor rows;
  Lengths lengths;
};
Packed packed(const char* op, const Tensor& x, const Lengths* lengths);

using States = std::vector<Tensor>;
/// The loop of a twin, in plain ops: states' = step(rows of x, states). Gives every first state (N, H), packed, then
/// each state's last value (B, H) in the caller's order.
template <class Step>
States composed_loop(const Tensor& x, const Lengths& lengths, const States& first, int64_t hidden, bool reverse,
                     Step step);

// Parts of composed_loop.
States first_states_composed(const Tensor& x, const Lengths& lengths, const States& first, int64_t hidden);
States finish_composed(const Tensor& x, const Lengths& lengths, const States& ys, const States& states, int64_t hidden);
Tensor with_first_rows(const Tensor& all, const Tensor& rows);

template <class Step>
States composed_loop(const Tensor& x, const Lengths& lengths, const States& first, int64_t hidden, bool reverse,
                     Step step) {
  // The states of every sequence, longest first; a finished (or not yet begun) one waits at the end.
  States states = first_states_composed(x, lengths, first, hidden);
  States ys(static_cast<size_t>(lengths.longest()));
  for_each_step(lengths, reverse, [&](int64_t t, int64_t begin, int64_t end) {
    States alive;
    for (const Tensor& state : states) alive.push_back(state.rows(0, end - begin));
    const States next = step(x.rows(begin, end), alive);
    ys[static_cast<size_t>(t)] = next[0];
    for (size_t k = 0; k < states.size(); ++k) states[k] = with_first_rows(states[k], next[k]);
  });
  return finish_composed(x, lengths, ys, states, hidden);
}

}  // namespace recurrence
}  // namespace grus
