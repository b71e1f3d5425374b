#include "ops/sequence/recurrence.h"

#include "core/base/error.h"
#include "core/tensor/raw.h"
#include "core/thread/parts.h"
#include "ops/base/launch.h"
#include "ops/base/loop_kernels.h"
#include "ops/math/accumulate.h"
#include "ops/math/matmul.h"

namespace grus::recurrence {

namespace {

/// Checks dtypes and devices of the weights, and the sizes that follow from weight_hh. Returns H.
int64_t require_weights(const char* op, int64_t gates, const Tensor& x, const RecurrentWeights& w) {
  require_float(op, x);
  require_same_kind(op, x, w.weight_hh);
  require(
      w.weight_hh.rank() == 2 && w.weight_hh.dim(0) % gates == 0 && w.weight_hh.dim(0) / gates == w.weight_hh.dim(1),
      "[{}] need weight_hh ({}H, H), got {}", op, gates, w.weight_hh.shape());
  const int64_t rows = w.weight_hh.dim(0);
  if (w.weight_ih.defined()) require_same_kind(op, x, w.weight_ih);
  require<UsageError>(w.weight_ih.defined() || !w.bias_ih.defined(), "[{}] need no bias_ih without weight_ih, got one",
                      op);
  for (const Tensor* bias : {&w.bias_ih, &w.bias_hh}) {
    if (!bias->defined()) continue;
    require_same_kind(op, x, *bias);
    require(bias->shape() == Shape{rows}, "[{}] need biases ({}H = {}), got {}", op, gates, rows, bias->shape());
  }
  return w.weight_hh.dim(1);
}

/// Tells whether x is (N, I) for weight_ih (G H, I), or (N, G H) without one.
bool fits(const Tensor& x, const RecurrentWeights& w) {
  const int64_t rows = w.weight_hh.dim(0);
  if (x.rank() != 2) return false;
  return w.weight_ih.defined() ? w.weight_ih.shape() == Shape{rows, x.dim(1)} : x.dim(1) == rows;
}

void require_states(const char* op, const char* const* names, const Tensor& x, const State& state, size_t count,
                    int64_t batch, int64_t hidden) {
  for (size_t k = 0; k < count; ++k) {
    if (!state[k].defined()) continue;
    require_same_kind(op, x, state[k]);
    require(state[k].shape() == Shape{batch, hidden}, "[{}] need {} (B = {}, H = {}), got {}", op, names[k], batch,
            hidden, state[k].shape());
  }
  for (size_t k = count; k < 2 + state.others.size(); ++k)
    require<UsageError>(!state[k].defined(), "[{}] need a state of {} tensors, got {} as well", op, count,
                        State::name_of(k));
}

}  // namespace

void require_inputs(const char* op, int64_t gates, const Tensor& x, const Lengths& lengths, const RecurrentWeights& w,
                    const State& first, size_t count) {
  constexpr const char* names[] = {"h0", "c0"};
  const int64_t batch = lengths.batch(), hidden = require_weights(op, gates, x, w);
  if (w.weight_ih.defined()) {
    require(fits(x, w) && x.dim(0) == lengths.total(),
            "[{0}] need x (N = {1}, I), weight_ih ({2}H, I) and weight_hh ({2}H, H), got {3}, {4} and {5}", op,
            lengths.total(), gates, x.shape(), w.weight_ih.shape(), w.weight_hh.shape());
  } else {
    require(fits(x, w) && x.dim(0) == lengths.total(),
            "[{0}] need x (N = {1}, {2}H), as there is no weight_ih, and weight_hh ({2}H, H), got {3} and {4}", op,
            lengths.total(), gates, x.shape(), w.weight_hh.shape());
  }
  require_states(op, names, x, first, count, batch, hidden);
  require_device_of(op, x, lengths.lengths_tensor(), "lengths");
}

void require_no_empty(const char* op, const Lengths& lengths) {
  require<UsageError>(lengths.batch() == 0 || lengths.shortest() >= 1,
                      "[{}] need lengths of at least 1, got {} for sequence {}", op, lengths.shortest(),
                      lengths.batch() ? lengths.order().back() : 0);
}

void require_cell_inputs(const char* op, int64_t gates, const Tensor& x, const RecurrentWeights& w, const State& state,
                         size_t count) {
  constexpr const char* names[] = {"h", "c"};
  const int64_t hidden = require_weights(op, gates, x, w);
  require(fits(x, w),
          "[{0}] need x (B, I) and weight_ih ({1}H, I), or x (B, {1}H) alone, beside weight_hh {2}, got {3} and {4}",
          op, gates, w.weight_hh.shape(), x.shape(), w.weight_ih.shape());
  for (size_t k = 0; k < count; ++k)
    require<UsageError>(state[k].defined(), "[{}] need a state, got an undefined one", op);
  require_states(op, names, x, state, count, x.dim(0), hidden);
}

Tensor gate_inputs(const Tensor& x, const RecurrentWeights& w) {
  if (!w.weight_ih.defined()) return x;
  Tensor gx = Tensor::empty({x.dim(0), w.weight_ih.dim(0)}, x.dtype(), x.device());
  apply_weight(gx, x, Raw::matrix(w.weight_ih), w.bias_ih);
  return gx;
}

Tensor gate_inputs_composed(const Tensor& x, const RecurrentWeights& w) {
  return w.weight_ih.defined() ? linear(x, w.weight_ih, w.bias_ih) : x;
}

void add_input_gradients(const SavedInput& x, const RecordedWeights& w, const Tensor& dgx) {
  const bool projected = w.weight_ih.value.defined();
  if (x.wanted() && projected) add_product(x, dgx, w.weight_ih.value, {});
  if (x.wanted() && !projected) x.add(dgx);
  if (w.weight_ih.wanted()) add_product(w.weight_ih, dgx, x.value, {.transpose_a = true});
  add_sum_of_rows(w.bias_ih, dgx);
}

Tensor by_rank(const Tensor& state, const Lengths& lengths, const Tensor& like, int64_t hidden) {
  return state.defined() ? gathered_rows(state, lengths.order_tensor())
                         : Tensor::zeros({lengths.batch(), hidden}, like.dtype(), like.device());
}

Tensor last_states(const Tensor& y, const Lengths& lengths, bool reverse) {
  return gathered_rows(y, reverse ? lengths.first_rows() : lengths.last_rows());
}

Matrix StepRows::of(const Matrix& packed) const { return launch::rows_of(packed, begin, end); }
Matrix StepRows::of_ranks(const Matrix& by_rank) const { return launch::rows_of(by_rank, rank, rank + count()); }

Incoming incoming(const StateBuffers& state, const Lengths& lengths, int64_t t, StepRows rows, bool reverse) {
  const int64_t from = reverse ? t + 1 : t - 1, last = rows.rank + rows.count();
  const int64_t begun = std::clamp(from < 0 ? 0 : lengths.alive(from), rows.rank, last);  // ranks from here on begin
  Incoming states{};
  if (begun > rows.rank) {
    const int64_t start = lengths.start(from);
    states.carried = launch::rows_of(state.y, start + rows.rank, start + begun);
  }
  if (begun < last) states.fresh = launch::rows_of(state.first, begun, last);
  return states;
}

void fill_previous(Device device, const StateBuffers& state, const Lengths& lengths, int64_t t, StepRows rows,
                   bool reverse) {
  const auto [from_before, from_first] = incoming(state, lengths, t, rows, reverse);
  const Matrix previous = rows.of(state.previous);
  const Matrix carried = launch::rows_of(previous, 0, from_before.rows),
               fresh = launch::rows_of(previous, from_before.rows, rows.count());
  if (carried.rows > 0) launch::copy(device, carried, from_before);
  if (fresh.rows > 0 && from_first.buffer) launch::copy(device, fresh, from_first);
  if (fresh.rows > 0 && !from_first.buffer) launch::fill(device, fresh, 0);
}

namespace {

/// Returns the first rank of a part. The ranks before it have about part / parts of all rows.
int64_t first_rank(const Lengths& lengths, int part, int parts) {
  int64_t rank = 0;
  for (int64_t rows = 0; rank < lengths.batch() && rows * parts < lengths.total() * part; ++rank)
    rows += lengths[lengths.order()[static_cast<size_t>(rank)]];
  return part == parts ? lengths.batch() : rank;
}

}  // namespace

void in_parts(Device device, const Lengths& lengths, const std::function<void(Ranks)>& f) {
  const int64_t rows = lengths.longest() == 0 ? 0 : lengths.total() / lengths.longest();
  grus::in_parts(device, rows, lengths.batch(), [&](int part, int parts) {
    f({first_rank(lengths, part, parts), first_rank(lengths, part + 1, parts)});
  });
}

void require_padded(const char* op, const Tensor& x, const RecurrentWeights& w) {
  require_float(op, x);
  require_same_kind(op, x, w.weight_hh);
  const Tensor& weight = w.weight_ih.defined() ? w.weight_ih : w.weight_hh;
  const int input = w.weight_ih.defined() ? 1 : 0;
  require(x.rank() == 3 && weight.rank() == 2 && x.dim(2) == weight.dim(input),
          "[{}] need x (T, B, I) and {}, got {} and {}", op,
          w.weight_ih.defined() ? "weight_ih (.., I)" : "weight_hh (I, ..)", x.shape(), weight.shape());
}

}  // namespace grus::recurrence
