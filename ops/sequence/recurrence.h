#pragma once
// Fused loops over packed steps share this, whatever the cell. Internal to ops but for RecurrentWeights.
#include <algorithm>
#include <functional>

#include "core/record/record.h"
#include "core/tensor/lengths.h"
#include "ops/sequence/scan.h"

namespace grus {

/// RecurrentWeights are one layer's weights in one direction, in PyTorch's layout: G gates one below the other. An
/// undefined bias is zero.
struct RecurrentWeights {
  Tensor weight_ih;  // (G H, I), or undefined: x (N, G H) holds the gates' inputs already
  Tensor weight_hh;  // (G H, H)
  Tensor bias_ih;    // (G H); undefined where weight_ih is
  Tensor bias_hh;    // (G H)
};

namespace recurrence {

/// RecordedWeights are a layer's weights as a rule is given them. Those that the layer does without are undefined, and
/// nobody wants their gradients.
struct RecordedWeights {
  SavedInput weight_ih, weight_hh, bias_ih, bias_hh;
  RecurrentWeights values() const { return {weight_ih.value, weight_hh.value, bias_ih.value, bias_hh.value}; }
};

/// Checks packed x (N, I), the weights and a first state of `count` tensors (B, H). Throws ShapeError, DtypeError,
/// DeviceError, UsageError; messages begin with [op].
void require_inputs(const char* op, int64_t gates, const Tensor& x, const Lengths& lengths, const RecurrentWeights& w,
                    const State& first, size_t count);

/// Throws UsageError for a length of 0.
void require_no_empty(const char* op, const Lengths& lengths);
/// Checks the arguments of one step: x (B, I), every tensor of the state (B, H). Throws as require_inputs does.
void require_cell_inputs(const char* op, int64_t gates, const Tensor& x, const RecurrentWeights& w, const State& state,
                         size_t count);

/// y = W x + b of all steps at once, (N, G H), or x itself where there is no W. Not recorded.
Tensor gate_inputs(const Tensor& x, const RecurrentWeights& w);
/// y = W x + b of all steps at once, (N, G H), or x itself where there is no W. In plain ops.
Tensor gate_inputs_composed(const Tensor& x, const RecurrentWeights& w);
/// Adds, after the loop, the gradients of x, weight_ih and bias_ih, from those of the gates' inputs.
void add_input_gradients(const SavedInput& x, const RecordedWeights& w, const Tensor& dgx);

/// Returns a state (B, H), given in the caller's order, by rank: longest sequence first. Undefined means zeros.
Tensor by_rank(const Tensor& state, const Lengths& lengths, const Tensor& like, int64_t hidden);
/// Returns each sequence's last state, in the caller's order, from every state (N, H).
Tensor last_states(const Tensor& y, const Lengths& lengths, bool reverse);
/// StepRows are the rows [begin, end) of packed buffers that a step works on: they belong to ranks `rank` and on.
struct StepRows {
  int64_t begin, end, rank;
  int64_t count() const { return end - begin; }
  Matrix of(const Matrix& packed) const;         // (N, ...)
  Matrix of_ranks(const Matrix& by_rank) const;  // (B, ...)
};

/// StateBuffers hold one tensor of a state, as the steps of a loop hand it on.
struct StateBuffers {
  Matrix first;     // (B, H), by rank; absent for zeros
  Matrix y;         // (N, H): the state that goes out of each step
  Matrix previous;  // (N, H): the state that comes into each step
};
/// Incoming states of a step's rows are those that the step before hands on, and then those of rows that begin, absent
/// for zeros.
struct Incoming {
  Matrix carried, fresh;
};
Incoming incoming(const StateBuffers& state, const Lengths& lengths, int64_t t, StepRows rows, bool reverse);
/// Fills in the states that come into step t's rows. They come from the step before in the direction of the loop, or
/// from the first states where a sequence begins.
void fill_previous(Device device, const StateBuffers& state, const Lengths& lengths, int64_t t, StepRows rows,
                   bool reverse);

/// Ranks are the sequences of rank first, first + 1, ..., last - 1.
struct Ranks {
  int64_t first, last;
};
/// Calls f(ranks) for parts of about as many rows each that cover all sequences, at once where the device can.
void in_parts(Device device, const Lengths& lengths, const std::function<void(Ranks)>& f);

/// Calls visit(t, rows) for each step t with its packed rows of `ranks`, from the last step on when `backwards`.
template <class Visit>
void for_each_step(const Lengths& lengths, bool backwards, Ranks ranks, Visit visit) {
  for (int64_t i = 0; i < lengths.longest(); ++i) {
    const int64_t t = backwards ? lengths.longest() - 1 - i : i;
    const int64_t start = lengths.start(t), last = std::min(ranks.last, lengths.alive(t));
    if (ranks.first < last) visit(t, StepRows{start + ranks.first, start + last, ranks.first});
  }
}

/// Throws unless x (T, B, I), which is not packed yet, fits the weights. Messages tell x's shape as the caller gave it.
void require_padded(const char* op, const Tensor& x, const RecurrentWeights& w);

}  // namespace recurrence
}  // namespace grus
