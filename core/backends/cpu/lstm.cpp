// LSTM gates, one pass over each row: the equations of core/device/kernels.h on vectors.
#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/rows.h"
#include "core/base/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/lstm.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

void lstm_row(float* gates, const float* c, float* c_new, float* y, int64_t hidden) {
  for_each_vector(hidden, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    const auto load = [&](const float* from) HWY_ATTR { return load_some(d, from + j, n); };
    const auto i = sigmoid_of(load(gates)), f = sigmoid_of(load(gates + hidden));
    const auto g = tanh_of(load(gates + 2 * hidden)), o = sigmoid_of(load(gates + 3 * hidden));
    const auto next = hn::MulAdd(f, load(c), hn::Mul(i, g));
    store_some(d, i, gates + j, n);
    store_some(d, f, gates + hidden + j, n);
    store_some(d, g, gates + 2 * hidden + j, n);
    store_some(d, o, gates + 3 * hidden + j, n);
    store_some(d, next, c_new + j, n);
    store_some(d, hn::Mul(o, tanh_of(next)), y + j, n);
  });
}

void lstm_rows(const LstmGatesArgs& a, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    lstm_row(row_of(a.gates, i), row_of(a.c, i), row_of(a.c_new, i), row_of(a.y, i), a.c.cols);
}

struct LstmSlopeRow {
  const float *gates, *c, *c_new, *dh, *dy;
  float *dsums, *dc;
};

void lstm_slopes(const LstmSlopeRow& p, int64_t hidden) {
  for_each_vector(hidden, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    const auto load = [&](const float* from) HWY_ATTR { return load_some(d, from + j, n); };
    const V i = load(p.gates), f = load(p.gates + hidden), g = load(p.gates + 2 * hidden),
            o = load(p.gates + 3 * hidden);
    const V one = hn::Set(d, 1.0f), tanh_c = tanh_of(load(p.c_new));
    V dy = load(p.dh);
    if (p.dy) dy = hn::Add(dy, load(p.dy));
    const V dc = hn::MulAdd(hn::Mul(dy, o), hn::NegMulAdd(tanh_c, tanh_c, one), load(p.dc));
    store_some(d, hn::Mul(hn::Mul(dc, g), hn::NegMulAdd(i, i, i)), p.dsums + j, n);
    store_some(d, hn::Mul(hn::Mul(dc, load(p.c)), hn::NegMulAdd(f, f, f)), p.dsums + hidden + j, n);
    store_some(d, hn::Mul(hn::Mul(dc, i), hn::NegMulAdd(g, g, one)), p.dsums + 2 * hidden + j, n);
    store_some(d, hn::Mul(hn::Mul(dy, tanh_c), hn::NegMulAdd(o, o, o)), p.dsums + 3 * hidden + j, n);
    store_some(d, hn::Mul(dc, f), p.dc + j, n);
  });
}

void lstm_backward_rows(const LstmGatesBackwardArgs& a, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    lstm_slopes({row_of(a.gates, i), row_of(a.c, i), row_of(a.c_new, i), row_of(a.dh, i), row_of(a.dy, i),
                 row_of(a.dsums, i), row_of(a.dc, i)},
                a.c.cols);
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
namespace {
HWY_EXPORT(lstm_rows);
HWY_EXPORT(lstm_backward_rows);
}  // namespace

Status lstm_gates(Context* context, const LstmGatesArgs& args) {
  if (args.c.dtype != DType::f32) return reference_backend().lstm_gates(context, args);
  const auto rows = [](auto&&... arguments) { HWY_DYNAMIC_DISPATCH(lstm_rows)(arguments...); };
  parallel_for(args.c.rows, rows_per_task(args.c.cols), [&](int64_t begin, int64_t end) { rows(args, begin, end); });
  return Status::ok;
}

Status lstm_gates_backward(Context* context, const LstmGatesBackwardArgs& args) {
  if (args.c.dtype != DType::f32) return reference_backend().lstm_gates_backward(context, args);
  const auto rows = [](auto&&... arguments) { HWY_DYNAMIC_DISPATCH(lstm_backward_rows)(arguments...); };
  parallel_for(args.c.rows, rows_per_task(args.c.cols), [&](int64_t begin, int64_t end) { rows(args, begin, end); });
  return Status::ok;
}

}  // namespace grus::cpu
#endif
