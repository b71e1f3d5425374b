#include "ops/gru.h"

#include "core/error.h"
#include "ops/accumulate.h"
#include "ops/elementwise.h"
#include "ops/gru_step.h"
#include "ops/index.h"
#include "ops/launch.h"
#include "ops/sequence.h"
#include "ops/shape.h"
#include "ops/twin.h"

namespace grus {
namespace {

const Op gru_op("gru");

void require_gru(const Tensor& x, const Lengths& lengths, const Tensor& h0, const GruWeights& w) {
  const int64_t hidden = w.weight_hh.dim(1), batch = lengths.batch();
  require_same_kind("gru", x, w.weight_ih);
  require_same_kind("gru", x, w.weight_hh);
  require_float("gru", x);
  require(x.rank() == 2 && x.dim(0) == lengths.total() && w.weight_ih.shape() == Shape{3 * hidden, x.dim(1)} &&
              w.weight_hh.shape() == Shape{3 * hidden, hidden},
          "[gru] need x (N = {}, I), weight_ih (3H, I) and weight_hh (3H, H), got {}, {} and {}", lengths.total(),
          x.shape(), w.weight_ih.shape(), w.weight_hh.shape());
  for (const Tensor* bias : {&w.bias_ih, &w.bias_hh})
    require(!bias->defined() || bias->shape() == Shape{3 * hidden}, "[gru] need biases (3H = {}), got {}", 3 * hidden,
            bias->shape());
  require(!h0.defined() || h0.shape() == Shape{batch, hidden}, "[gru] need h0 (B = {}, H = {}), got {}", batch, hidden,
          h0.shape());
  if (h0.defined()) require_same_kind("gru", x, h0);
  require<UsageError>(batch == 0 || lengths.shortest() >= 1, "[gru] need lengths of at least 1, got {} for sequence {}",
                      lengths.shortest(), batch ? lengths.order().back() : 0);
}

/// The states that come into step t's rows: those of the step before in the direction of the loop, and h0 where a
/// sequence begins.
void fill_previous(Tensor& previous, const Tensor& y, const Tensor& h0, const Lengths& lengths, int64_t t,
                   bool reverse) {
  const int64_t from = reverse ? t + 1 : t - 1;
  const int64_t begin = lengths.start(t), alive = lengths.alive(t);
  const int64_t carried = from < 0 ? 0 : std::min(alive, lengths.alive(from));
  Tensor carried_rows = previous.unrecorded_rows(begin, begin + carried),
         new_rows = previous.unrecorded_rows(begin + carried, begin + alive);
  if (carried > 0) launch::copy(carried_rows, y.unrecorded_rows(lengths.start(from), lengths.start(from) + carried));
  if (carried < alive && h0.defined()) launch::copy(new_rows, h0.unrecorded_rows(carried, alive));
  if (carried < alive && !h0.defined()) launch::fill(new_rows, 0);
}

struct Inputs {
  enum { x, h0, weight_ih, weight_hh, bias_ih, bias_hh, count };
};

void backward_gru(const Saved& s, Grads& dx, const Lengths& lengths, GruForm form, bool reverse) {
  const Tensor &x = s[Inputs::x], &h0 = s[Inputs::h0];
  const GruWeights weights{s[Inputs::weight_ih], s[Inputs::weight_hh], s[Inputs::bias_ih], s[Inputs::bias_hh]};
  if (dx.recording()) {
    const GruOutput twin = gru_packed_composed(x, lengths, h0, weights, form, reverse);
    return differentiate_twin(dx, {x, h0, weights.weight_ih, weights.weight_hh, weights.bias_ih, weights.bias_hh},
                              {twin.y, twin.h});
  }
  const Tensor &previous = s[Inputs::count], &dy = dx.dy(0), &dh_last = dx.dy(1);
  GruRows rows;
  rows.gates = s[Inputs::count + 1];
  rows.product = s[Inputs::count + 2];
  const int64_t hidden = weights.weight_hh.dim(1), batch = lengths.batch();
  Tensor dgx = Tensor::empty({lengths.total(), 3 * hidden}, x.dtype(), x.device());
  Tensor dgh = form.reset == Reset::after ? Tensor::empty(dgx.shape(), x.dtype(), x.device()) : dgx;
  Tensor dh = dh_last.defined() ? gathered_rows(dh_last, lengths.order_tensor())
                                : Tensor::zeros({batch, hidden}, x.dtype(), x.device());
  GruStep step(weights.weight_hh, weights.bias_hh, form, batch);
  for (int64_t i = 0; i < lengths.longest(); ++i) {
    const int64_t t = reverse ? i : lengths.longest() - 1 - i;
    const int64_t begin = lengths.start(t), end = begin + lengths.alive(t);
    step.backward(previous.unrecorded_rows(begin, end), rows, begin, end,
                  dy.defined() ? dy.unrecorded_rows(begin, end) : dy, dgx.unrecorded_rows(begin, end),
                  dgh.unrecorded_rows(begin, end), dh.unrecorded_rows(0, end - begin));
  }
  if (dx.wanted(Inputs::x)) add_product(dx, Inputs::x, dgx, Plain, weights.weight_ih, Plain);
  if (dx.wanted(Inputs::h0)) dx.add(Inputs::h0, gathered_rows(dh, lengths.rank_tensor()));
  if (dx.wanted(Inputs::weight_ih)) add_product(dx, Inputs::weight_ih, dgx, Transposed, x, Plain);
  add_sum_of_rows(dx, Inputs::bias_ih, dgx);
  step.add_weight_gradients(dx, Inputs::weight_hh, Inputs::bias_hh, previous, rows, dgx, dgh);
}

}  // namespace

GruOutput gru_packed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const GruWeights& weights, GruForm form,
                     bool reverse) {
  require_gru(x, lengths, h0, weights);
  const Device device = x.device();
  if (!has_fused_gru(device)) return gru_packed_composed(x, lengths, h0, weights, form, reverse);
  const int64_t hidden = weights.weight_hh.dim(1), total = lengths.total();
  Tensor gx = Tensor::empty({total, 3 * hidden}, x.dtype(), device);
  fill_rows(gx, weights.bias_ih);
  multiply_by_weight(gx, x, weights.weight_ih.matrix(), Transposed, 1);

  std::array<Tensor, 2> outputs;  // y, h
  Tensor& y = outputs[0] = Tensor::empty({total, hidden}, x.dtype(), device);
  Tensor previous = Tensor::empty(y.shape(), x.dtype(), device);
  GruRows rows(total, hidden, form, x.dtype(), device);
  GruStep step(weights.weight_hh, weights.bias_hh, form, lengths.batch());
  const Tensor first = h0.defined() ? gathered_rows(h0, lengths.order_tensor()) : h0;
  for (int64_t i = 0; i < lengths.longest(); ++i) {
    const int64_t t = reverse ? lengths.longest() - 1 - i : i;
    const int64_t begin = lengths.start(t), end = begin + lengths.alive(t);
    fill_previous(previous, y, first, lengths, t, reverse);
    step.forward(gx.unrecorded_rows(begin, end), previous.unrecorded_rows(begin, end), rows, begin, end,
                 y.unrecorded_rows(begin, end));
  }
  outputs[1] = gathered_rows(y, reverse ? lengths.first_rows() : lengths.last_rows());

  const Lengths* kept = keep_on_tape(lengths);
  record_outputs(gru_op, {x, h0, weights.weight_ih, weights.weight_hh, weights.bias_ih, weights.bias_hh}, outputs,
                 {x, h0, weights.weight_ih, weights.weight_hh, weights.bias_ih, weights.bias_hh, previous, rows.gates,
                  rows.product},
                 [kept, form, reverse](const Saved& s, Grads& dx) { backward_gru(s, dx, *kept, form, reverse); });
  return {outputs[0], outputs[1]};
}

Tensor gru_cell(const Tensor& x, const Tensor& h, const GruWeights& w, GruForm form) {
  const int64_t hidden = w.weight_hh.dim(1);
  const auto gate = [hidden](const Tensor& gates, int64_t g) { return slice(gates, 1, g * hidden, (g + 1) * hidden); };
  const auto rows = [hidden](const Tensor& weight, int64_t begin, int64_t end) {
    return weight.defined() ? weight.rows(begin * hidden, end * hidden) : weight;
  };
  const Tensor gx = linear(x, w.weight_ih, w.bias_ih);
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

GruOutput gru_packed_composed(const Tensor& x, const Lengths& lengths, const Tensor& h0, const GruWeights& weights,
                              GruForm form, bool reverse) {
  require_gru(x, lengths, h0, weights);
  const int64_t hidden = weights.weight_hh.dim(1), batch = lengths.batch();
  // The state of every sequence, longest first; a finished (or not yet begun) one waits at the end.
  Tensor h =
      h0.defined() ? gather_rows(h0, lengths.order_tensor()) : Tensor::zeros({batch, hidden}, x.dtype(), x.device());
  std::vector<Tensor> states(static_cast<size_t>(lengths.longest()));
  for (int64_t i = 0; i < lengths.longest(); ++i) {
    const int64_t t = reverse ? lengths.longest() - 1 - i : i;
    const int64_t begin = lengths.start(t), alive = lengths.alive(t);
    const Tensor next = gru_cell(x.rows(begin, begin + alive), h.rows(0, alive), weights, form);
    states[static_cast<size_t>(t)] = next;
    h = alive < batch ? concat({next, h.rows(alive, batch)}, 0) : next;
  }
  const Tensor y = states.empty() ? Tensor::zeros({0, hidden}, x.dtype(), x.device()) : concat(states, 0);
  return {y, gather_rows(h, lengths.rank_tensor())};
}

GruOutput gru(const Tensor& x, const Lengths* lengths, const Tensor& h0, const GruWeights& weights, GruForm form,
              bool reverse) {
  require(x.rank() == 3, "[gru] need x (T, B, I), got {}", x.shape());
  const Lengths own = lengths ? *lengths : Lengths::dense(x.dim(0), x.dim(1), x.device());
  require(own.batch() == x.dim(1) && own.steps() <= x.dim(0),
          "[gru] need lengths for x (T, B, I) = {}, got {} sequences of at most {} steps", x.shape(), own.batch(),
          own.steps());
  const Lengths padded = own.steps() == x.dim(0) ? own : Lengths(own.lengths(), x.dim(0), x.device());
  const GruOutput packed = gru_packed(pack(x, padded), padded, h0, weights, form, reverse);
  return {unpack(packed.y, padded), packed.h};
}

}  // namespace grus
