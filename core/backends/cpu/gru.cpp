// GRU gates, one pass over each row: the equations of core/device/kernels.h on vectors.
#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/rows.h"
#include "core/base/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/gru.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

/// keep: z h + (1 - z) n = n + z (h - n);   replace: h + z (n - h).
template <class V>
HWY_INLINE V updated(Update update, V h, V z, V n) {
  return update == Update::keep ? hn::MulAdd(z, hn::Sub(h, n), n) : hn::MulAdd(z, hn::Sub(n, h), h);
}

struct GateRow {
  const float *gx, *gh, *h;
  float *gates, *hidden_n, *y;
};

void gates_all(Update update, const GateRow& p, int64_t hidden) {
  for_each_vector(hidden, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    const auto load = [&](const float* from) HWY_ATTR { return load_some(d, from + j, n); };
    const auto h_n = load(p.gh + 2 * hidden);
    const auto r = sigmoid_of(hn::Add(load(p.gx), load(p.gh)));
    const auto z = sigmoid_of(hn::Add(load(p.gx + hidden), load(p.gh + hidden)));
    const auto candidate = tanh_of(hn::MulAdd(r, h_n, load(p.gx + 2 * hidden)));
    store_some(d, r, p.gates + j, n);
    store_some(d, z, p.gates + hidden + j, n);
    store_some(d, candidate, p.gates + 2 * hidden + j, n);
    store_some(d, h_n, p.hidden_n + j, n);
    store_some(d, updated(update, load(p.h), z, candidate), p.y + j, n);
  });
}

void gates_reset_update(const GateRow& p, int64_t hidden) {
  for_each_vector(hidden, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    const auto load = [&](const float* from) HWY_ATTR { return load_some(d, from + j, n); };
    const auto r = sigmoid_of(hn::Add(load(p.gx), load(p.gh)));
    store_some(d, r, p.gates + j, n);
    store_some(d, sigmoid_of(hn::Add(load(p.gx + hidden), load(p.gh + hidden))), p.gates + hidden + j, n);
    store_some(d, hn::Mul(r, load(p.h)), p.y + j, n);
  });
}

void gates_candidate(Update update, const GateRow& p, int64_t hidden) {
  for_each_vector(hidden, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    const auto load = [&](const float* from) HWY_ATTR { return load_some(d, from + j, n); };
    const auto candidate = tanh_of(hn::Add(load(p.gx + 2 * hidden), load(p.hidden_n)));
    store_some(d, candidate, p.gates + 2 * hidden + j, n);
    store_some(d, updated(update, load(p.h), load(p.gates + hidden), candidate), p.y + j, n);
  });
}

void gru_rows(const GruGatesArgs& a, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const GateRow row{row_of(a.gx, i),    row_of(a.gh, i),       row_of(a.h, i),
                      row_of(a.gates, i), row_of(a.hidden_n, i), row_of(a.y, i)};
    if (a.phase == GruPhase::all) gates_all(a.update, row, a.h.cols);
    if (a.phase == GruPhase::reset_update) gates_reset_update(row, a.h.cols);
    if (a.phase == GruPhase::candidate) gates_candidate(a.update, row, a.h.cols);
  }
}

struct SlopeRow {
  const float *gates, *hidden_n, *h, *dy;
  float *dgx, *dgh, *dh;
};

/// Computes the gradients of z and n (before their activations) and of h from g = dh + dy.
template <class D, class V>
struct UpdateSlopes {
  V dz, dn, dh;
  HWY_INLINE UpdateSlopes(D d, Update update, V g, V h, V z, V n) {
    const V one = hn::Set(d, 1.0f), to_n = hn::Sub(one, z);
    const bool keep = update == Update::keep;
    dz = hn::Mul(hn::Mul(g, keep ? hn::Sub(h, n) : hn::Sub(n, h)), hn::Mul(z, to_n));
    dn = hn::Mul(hn::Mul(g, keep ? to_n : z), hn::NegMulAdd(n, n, one));
    dh = hn::Mul(g, keep ? z : to_n);
  }
};

/// `reset_with_all` means Reset::after, where r and the state's part of n belong to the same step.
void slopes_of_update(Update update, bool reset_with_all, const SlopeRow& p, int64_t hidden) {
  for_each_vector(hidden, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    const auto load = [&](const float* from) HWY_ATTR { return load_some(d, from + j, n); };
    V g = load(p.dh);
    if (p.dy) g = hn::Add(g, load(p.dy));
    const UpdateSlopes<decltype(d), V> slopes(d, update, g, load(p.h), load(p.gates + hidden),
                                              load(p.gates + 2 * hidden));
    store_some(d, slopes.dz, p.dgx + hidden + j, n);
    store_some(d, slopes.dn, p.dgx + 2 * hidden + j, n);
    store_some(d, slopes.dh, p.dh + j, n);
    if (!reset_with_all) return;
    const V r = load(p.gates), dr = hn::Mul(hn::Mul(slopes.dn, load(p.hidden_n)), hn::NegMulAdd(r, r, r));
    store_some(d, dr, p.dgx + j, n);
    store_some(d, dr, p.dgh + j, n);
    store_some(d, slopes.dz, p.dgh + hidden + j, n);
    store_some(d, hn::Mul(slopes.dn, r), p.dgh + 2 * hidden + j, n);
  });
}

void slopes_of_reset(const SlopeRow& p, int64_t hidden) {
  for_each_vector(hidden, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    const auto load = [&](const float* from) HWY_ATTR { return load_some(d, from + j, n); };
    const auto r = load(p.gates), dy = load(p.dy);
    store_some(d, hn::Mul(hn::Mul(dy, load(p.h)), hn::NegMulAdd(r, r, r)), p.dgx + j, n);
    store_some(d, hn::MulAdd(dy, r, load(p.dh)), p.dh + j, n);
  });
}

void gru_backward_rows(const GruGatesBackwardArgs& a, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const SlopeRow row{row_of(a.gates, i), row_of(a.hidden_n, i), row_of(a.h, i), row_of(a.dy, i),
                       row_of(a.dgx, i),   row_of(a.dgh, i),      row_of(a.dh, i)};
    if (a.phase == GruPhase::reset_update) slopes_of_reset(row, a.h.cols);
    else slopes_of_update(a.update, a.phase == GruPhase::all, row, a.h.cols);
  }
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
namespace {
HWY_EXPORT(gru_rows);
HWY_EXPORT(gru_backward_rows);
}  // namespace

Status gru_gates(Context* context, const GruGatesArgs& args) {
  if (args.gx.dtype != DType::f32) return reference_backend().gru_gates(context, args);
  const auto rows = [](auto&&... arguments) { HWY_DYNAMIC_DISPATCH(gru_rows)(arguments...); };
  parallel_for(args.h.rows, rows_per_task(args.h.cols), [&](int64_t begin, int64_t end) { rows(args, begin, end); });
  return Status::ok;
}

Status gru_gates_backward(Context* context, const GruGatesBackwardArgs& args) {
  if (args.dgx.dtype != DType::f32) return reference_backend().gru_gates_backward(context, args);
  const auto rows = [](auto&&... arguments) { HWY_DYNAMIC_DISPATCH(gru_backward_rows)(arguments...); };
  parallel_for(args.h.rows, rows_per_task(args.h.cols), [&](int64_t begin, int64_t end) { rows(args, begin, end); });
  return Status::ok;
}

}  // namespace grus::cpu
#endif
