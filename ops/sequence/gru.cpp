#include "ops/sequence/gru.h"

#include <array>

#include "core/base/error.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/loop_kernels.h"
#include "ops/base/twin.h"
#include "ops/math/accumulate.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"
#include "ops/sequence/gru_step.h"
#include "ops/sequence/sequence.h"

namespace grus {
namespace {

const Op gru_op("gru");

using namespace recurrence;

/// A GruRecord is what the rule is given. dy and dlast are undefined where nothing reached the outputs.
struct GruRecord {
  const Tensor &dy, &dlast;
  SavedInput x;
  RecordedWeights weights;
  SavedInput h0;
  const Tensor& previous;
  SavedGruRows rows;
};

void backward_gru(const GruRecord& record, const Lengths& lengths, GruForm form, bool reverse) {
  const Tensor &x = record.x.value, &h0 = record.h0.value, &previous = record.previous;
  const SavedGruRows& rows = record.rows;
  const RecordedWeights& w = record.weights;
  const GruWeights weights = w.values();
  if (record.x.recording())
    return differentiate_twin({record.x, w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh, record.h0}, [&] {
      const Output twin = scan_composed(cells::Gru(weights, form), x, lengths, h0, {.reverse = reverse});
      return std::vector{twin.y, twin.state.h};
    });
  const Device device = x.device();
  const int64_t hidden = weights.weight_hh.dim(1);
  Tensor dgx = record.x.grads().in_place_of(rows.gates);
  Tensor dgh = form.reset == Reset::after ? Tensor::empty(dgx.shape(), x.dtype(), x.device()) : dgx;
  Tensor dh = by_rank(record.dlast, lengths, x, hidden);
  const GruStep step(weights.weight_hh, weights.bias_hh, form, lengths.batch());
  const GruBackward buffers{Raw::matrix(previous),        Raw::matrix(rows.gates), Raw::matrix(rows.product),
                            launch::matrix_of(record.dy), Raw::write_matrix(dgx),  Raw::write_matrix(dgh),
                            Raw::write_matrix(dh)};
  in_parts(device, lengths, [&](Ranks ranks) {
    StepRows later{};
    for_each_step(lengths, !reverse, ranks, [&](int64_t, StepRows part) {
      if (step.is_whole()) step.backward(buffers, part, later);
      else step.backward(buffers, part);
      later = part;
    });
  });
  step.add_weight_gradients(w.weight_hh, w.bias_hh, previous, rows, dgx, dgh);
  if (record.h0.wanted()) {
    Tensor dh0 = gathered_rows(dh, lengths.rank_tensor());
    if (step.is_whole()) launch::gemm(dh0, recurrence::last_states(dgh, lengths, !reverse), weights.weight_hh, {}, 1);
    record.h0.add(dh0);
  }
  add_input_gradients(record.x, w, dgx);
}

}  // namespace

void cells::Gru::check(const Tensor& x, const Lengths& lengths, const State& first) const {
  if (x.defined() && x.rank() == 3) return require_padded("gru", x, weights);
  require_inputs("gru", 3, x, lengths, weights, first, 1);
  require_no_empty("gru", lengths);
}

std::optional<Output> cells::Gru::fused(const Tensor& x, const Lengths& lengths, const State& state,
                                        bool reverse) const {
  const Device device = x.device();
  if (!has_fused_gru(device)) return std::nullopt;
  const Tensor& h0 = state.h;
  const int64_t hidden = weights.weight_hh.dim(1), total = lengths.total();
  const Tensor gx = gate_inputs(x, weights);
  std::array<Tensor, 2> outputs;  // y, h
  Tensor& y = outputs[0] = Tensor::empty({total, hidden}, x.dtype(), device);
  Tensor previous = Tensor::empty(y.shape(), x.dtype(), device);
  GruRows rows(total, hidden, x.dtype(), device);
  const GruStep step(weights.weight_hh, weights.bias_hh, form, lengths.batch());
  const Tensor first = h0.defined() ? gathered_rows(h0, lengths.order_tensor()) : h0;
  const StateBuffers states{launch::matrix_of(first), Raw::write_matrix(y), Raw::write_matrix(previous)};
  const GruForward buffers{Raw::matrix(gx), states.previous, Raw::write_matrix(rows.gates),
                           Raw::write_matrix(rows.product), states.y};
  const Tensor turned = step.is_whole() ? launch::permuted(weights.weight_hh, std::array{1, 0}) : Tensor();
  in_parts(device, lengths, [&](Ranks ranks) {
    for_each_step(lengths, reverse, ranks, [&](int64_t t, StepRows part) {
      if (step.is_whole())
        return step.forward(buffers, launch::matrix_of(turned), incoming(states, lengths, t, part, reverse), part);
      fill_previous(device, states, lengths, t, part, reverse);
      step.forward(buffers, part);
    });
  });
  outputs[1] = last_states(y, lengths, reverse);

  const Lengths* kept = keep_on_tape(lengths);
  note(gru_op, [&] {
    return Noted{{"reverse", reverse},
                 {"reset_after", form.reset == Reset::after},
                 {"keep", form.update == Update::keep},
                 {"lengths", lengths.lengths_tensor()}};
  });
  record(gru_op,
         {x, weights.weight_ih, weights.weight_hh, weights.bias_ih, weights.bias_hh, h0, previous, rows.gates,
          rows.product},
         outputs,
         [kept, as = form, reverse](const Tensor& dy, const Tensor& dlast, SavedInput x, SavedInput weight_ih,
                                    SavedInput weight_hh, SavedInput bias_ih, SavedInput bias_hh, SavedInput h0,
                                    const Tensor& previous, const Tensor& gates, const Tensor& product) {
           backward_gru({dy, dlast, x, {weight_ih, weight_hh, bias_ih, bias_hh}, h0, previous, {gates, product}}, *kept,
                        as, reverse);
         });
  return Output(outputs[0], outputs[1]);
}

Output cells::Gru::step(const Tensor& x, const State& state) const {
  return gru_cell(x, state.h, {{}, weights.weight_hh, {}, weights.bias_hh}, form);
}

Tensor gru_cell(const Tensor& x, const Tensor& h, const GruWeights& w, GruForm form) {
  require_cell_inputs("gru_cell", 3, x, w, h, 1);
  const int64_t hidden = w.weight_hh.dim(1);
  const auto gate = [hidden](const Tensor& gates, int64_t g) { return slice(gates, 1, g * hidden, (g + 1) * hidden); };
  const auto rows = [hidden](const Tensor& weight, int64_t begin, int64_t end) {
    return weight.defined() ? weight.rows(begin * hidden, end * hidden) : weight;
  };
  const Tensor gx = gate_inputs_composed(x, w);
  Tensor n, z;
  if (form.reset == Reset::after) {
    const Tensor gh = linear(h, w.weight_hh, w.bias_hh);
    const Tensor r = sigmoid(gate(gx, 0) + gate(gh, 0));
    z = sigmoid(gate(gx, 1) + gate(gh, 1));
    n = tanh(gate(gx, 2) + r * gate(gh, 2));
  } else {
    const Tensor gh = linear(h, rows(w.weight_hh, 0, 2), rows(w.bias_hh, 0, 2));
    const Tensor r = sigmoid(gate(gx, 0) + gate(gh, 0));
    z = sigmoid(gate(gx, 1) + gate(gh, 1));
    n = tanh(gate(gx, 2) + linear(r * h, rows(w.weight_hh, 2, 3), rows(w.bias_hh, 2, 3)));
  }
  return form.update == Update::keep ? z * h + (1.0 - z) * n : (1.0 - z) * h + z * n;
}

Output gru_packed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const GruWeights& weights, GruForm form,
                  bool reverse) {
  return scan(cells::Gru(weights, form), x, lengths, h0, {.reverse = reverse});
}

Output gru_packed_composed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const GruWeights& weights,
                           GruForm form, bool reverse) {
  return scan_composed(cells::Gru(weights, form), x, lengths, h0, {.reverse = reverse});
}

Output gru(const Tensor& x, const Lengths* lengths, const Tensor& h0, const GruWeights& weights, GruForm form,
           bool reverse) {
  const cells::Gru cell(weights, form);
  return lengths ? scan(cell, x, *lengths, h0, {.reverse = reverse}) : scan(cell, x, h0, {.reverse = reverse});
}

}  // namespace grus
