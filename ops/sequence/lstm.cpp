#include "ops/sequence/lstm.h"

#include "core/base/error.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/loop_kernels.h"
#include "ops/base/twin.h"
#include "ops/math/accumulate.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/sequence/sequence.h"

namespace grus {
namespace {

const Op lstm_op("lstm");

using namespace recurrence;

bool has_fused_lstm(Device device) {
  return fused_kernels_wanted() && device.kernels().lstm_gates && device.kernels().lstm_gates_backward;
}

/// An LstmRecord is what the rule is given. dy, dlast_h and dlast_c are undefined where nothing reached the outputs.
struct LstmRecord {
  const Tensor &dy, &dlast_h, &dlast_c;
  SavedInput x;
  RecordedWeights weights;
  SavedInput h0, c0;
  const Tensor &previous_h, &previous_c, &gates, &cells;
};

/// Returns W x + b + b' of every row, in memory of its own, as the product of a step adds to it.
Tensor sums_without_state(const Tensor& x, const LstmWeights& w) {
  Tensor sums = gate_inputs(x, w);
  if (!w.weight_ih.defined()) sums = launch::expanded(sums, sums.shape());
  if (w.bias_hh.defined()) launch::copy(sums, w.bias_hh, true);
  return sums;
}

/// Returns the gradients of the sums under the gates (N, 4H). dh and dc (B, H), by rank, become those of the first
/// states.
Tensor backward_steps(const LstmRecord& record, const Lengths& lengths, bool reverse, Tensor& dh, Tensor& dc) {
  const Tensor &gates = record.gates, &weight_hh = record.weights.weight_hh.value;
  const Device device = gates.device();
  Tensor sums = record.x.grads().in_place_of(gates);
  const LstmGatesBackwardArgs whole{Raw::matrix(gates),    Raw::matrix(record.previous_c), Raw::matrix(record.cells),
                                    Raw::write_matrix(dh), launch::matrix_of(record.dy),   Raw::write_matrix(sums),
                                    Raw::write_matrix(dc)};
  in_parts(device, lengths, [&](Ranks ranks) {
    for_each_step(lengths, !reverse, ranks, [&](int64_t, StepRows rows) {
      const LstmGatesBackwardArgs args{rows.of(whole.gates),    rows.of(whole.c),  rows.of(whole.c_new),
                                       rows.of_ranks(whole.dh), rows.of(whole.dy), rows.of(whole.dsums),
                                       rows.of_ranks(whole.dc)};
      device.check(device.kernels().lstm_gates_backward(device.context(), args), "lstm backward");
      multiply_by_weight(device, args.dh, args.dsums, Raw::matrix(weight_hh), {}, 0);
    });
  });
  return sums;
}

void backward_lstm(const LstmRecord& record, const Lengths& lengths, bool reverse) {
  const SavedInput &x = record.x, &h0 = record.h0, &c0 = record.c0;
  const RecordedWeights& w = record.weights;
  if (x.recording())
    return differentiate_twin({x, w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh, h0, c0}, [&] {
      const Output twin =
          scan_composed(cells::Lstm(w.values()), x.value, lengths, {h0.value, c0.value}, {.reverse = reverse});
      return std::vector{twin.y, twin.state.h, twin.state.c};
    });
  const int64_t hidden = w.weight_hh.value.dim(1);
  Tensor dh = by_rank(record.dlast_h, lengths, x.value, hidden), dc = by_rank(record.dlast_c, lengths, x.value, hidden);
  const Tensor dsums = backward_steps(record, lengths, reverse, dh, dc);
  if (w.weight_hh.wanted()) {
    Grads::Target target = w.weight_hh.target();
    launch::gemm(target.tensor, dsums, record.previous_h, {.transpose_a = true}, target.accumulate ? 1 : 0);
  }
  add_sum_of_rows(w.bias_hh, dsums);
  if (h0.wanted()) h0.add(gathered_rows(dh, lengths.rank_tensor()));
  if (c0.wanted()) c0.add(gathered_rows(dc, lengths.rank_tensor()));
  add_input_gradients(x, w, dsums);
}

}  // namespace

void cells::Lstm::check(const Tensor& x, const Lengths& lengths, const State& first) const {
  if (x.defined() && x.rank() == 3) return require_padded("lstm", x, weights);
  require_inputs("lstm", 4, x, lengths, weights, first, 2);
  require_no_empty("lstm", lengths);
}

std::optional<Output> cells::Lstm::fused(const Tensor& x, const Lengths& lengths, const State& first,
                                         bool reverse) const {
  const Device device = x.device();
  if (!has_fused_lstm(device)) return std::nullopt;
  const LstmWeights& w = weights;
  Tensor gates = sums_without_state(x, w);
  const auto states = [&] { return Tensor::empty({lengths.total(), w.weight_hh.dim(1)}, x.dtype(), device); };
  Tensor y = states(), cells = states(), previous_h = states(), previous_c = states();
  const auto ranked = [&](const Tensor& s) { return s.defined() ? gathered_rows(s, lengths.order_tensor()) : s; };
  const Tensor first_h = ranked(first.h), first_c = ranked(first.c);
  const StateBuffers h{launch::matrix_of(first_h), Raw::write_matrix(y), Raw::write_matrix(previous_h)};
  const StateBuffers c{launch::matrix_of(first_c), Raw::write_matrix(cells), Raw::write_matrix(previous_c)};
  const Matrix sums = Raw::write_matrix(gates);
  in_parts(device, lengths, [&](Ranks ranks) {
    for_each_step(lengths, reverse, ranks, [&](int64_t t, StepRows rows) {
      fill_previous(device, h, lengths, t, rows, reverse);
      fill_previous(device, c, lengths, t, rows, reverse);
      multiply_by_weight(device, rows.of(sums), rows.of(h.previous), Raw::matrix(w.weight_hh), {.transpose_b = true},
                         1);
      const LstmGatesArgs args{rows.of(sums), rows.of(c.previous), rows.of(c.y), rows.of(h.y)};
      device.check(device.kernels().lstm_gates(device.context(), args), "lstm");
    });
  });
  std::array<Tensor, 3> outputs{y, last_states(y, lengths, reverse), last_states(cells, lengths, reverse)};
  const Lengths* kept = keep_on_tape(lengths);
  note(lstm_op, [&] { return Noted{{"reverse", reverse}, {"lengths", lengths.lengths_tensor()}}; });
  record(
      lstm_op,
      {x, w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh, first.h, first.c, previous_h, previous_c, gates, cells},
      outputs,
      [kept, reverse](const Tensor& dy, const Tensor& dlast_h, const Tensor& dlast_c, SavedInput x,
                      SavedInput weight_ih, SavedInput weight_hh, SavedInput bias_ih, SavedInput bias_hh, SavedInput h0,
                      SavedInput c0, const Tensor& previous_h, const Tensor& previous_c, const Tensor& gates,
                      const Tensor& cells) {
        const RecordedWeights weights{weight_ih, weight_hh, bias_ih, bias_hh};
        backward_lstm({dy, dlast_h, dlast_c, x, weights, h0, c0, previous_h, previous_c, gates, cells}, *kept, reverse);
      });
  return Output(outputs[0], {outputs[1], outputs[2]});
}

Output cells::Lstm::step(const Tensor& x, const State& state) const {
  return lstm_cell(x, state, {{}, weights.weight_hh, {}, weights.bias_hh});
}

State lstm_cell(const Tensor& x, const State& state, const LstmWeights& w) {
  require_cell_inputs("lstm_cell", 4, x, w, state, 2);
  const int64_t hidden = w.weight_hh.dim(1);
  const Tensor sums = gate_inputs_composed(x, w) + linear(state.h, w.weight_hh, w.bias_hh);
  const auto part = [&](int64_t gate) { return slice(sums, 1, gate * hidden, (gate + 1) * hidden); };
  const Tensor c = sigmoid(part(1)) * state.c + sigmoid(part(0)) * tanh(part(2));
  return {sigmoid(part(3)) * tanh(c), c};
}

Output lstm_packed(const Tensor& x, const Lengths& lengths, const State& first, const LstmWeights& weights,
                   bool reverse) {
  return scan(cells::Lstm(weights), x, lengths, first, {.reverse = reverse});
}

Output lstm_packed_composed(const Tensor& x, const Lengths& lengths, const State& first, const LstmWeights& weights,
                            bool reverse) {
  return scan_composed(cells::Lstm(weights), x, lengths, first, {.reverse = reverse});
}

Output lstm(const Tensor& x, const Lengths* lengths, const State& first, const LstmWeights& weights, bool reverse) {
  const cells::Lstm cell(weights);
  return lengths ? scan(cell, x, *lengths, first, {.reverse = reverse}) : scan(cell, x, first, {.reverse = reverse});
}

}  // namespace grus
