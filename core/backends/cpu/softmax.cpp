// Masked softmax and log-softmax over a contiguous last axis in f32, and their gradients; plain loops do the rest.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/loops.h"
#include "core/backends/cpu/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/softmax.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

/// Loads x where the mask (null for none) is true, and -inf elsewhere and behind the row.
HWY_INLINE FloatVec load_real(Floats d, const float* x, const bool* mask, int64_t j, size_t n) {
  const hn::Rebind<int32_t, Floats> ints;
  const hn::Rebind<uint8_t, Floats> bytes;
  const auto nothing = hn::Set(d, minus_infinity);
  auto real = load_some(d, x + j, n);
  if (mask) {
    HWY_ALIGN uint8_t chosen[hn::MaxLanes(d)] = {};
    std::memcpy(chosen, mask + j, std::min(n, hn::MaxLanes(d)));
    const auto keep = hn::Ne(hn::PromoteTo(ints, hn::Load(bytes, chosen)), hn::Zero(ints));
    real = hn::IfThenElse(hn::RebindMask(d, keep), real, nothing);
  }
  return n == hn::Lanes(d) ? real : hn::IfThenElse(hn::FirstN(d, n), real, nothing);
}

/// Returns the largest of a row, or NaN when there is one.
float largest_of(const float* x, const bool* mask, int64_t count) {
  const Floats d;
  auto best = hn::Set(d, minus_infinity);
  for_each_vector(count, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
    const auto next = load_real(tag, x, mask, j, n);
    best = hn::IfThenElse(hn::Or(hn::Gt(next, best), hn::Not(hn::Eq(next, next))), next, best);
  });
  HWY_ALIGN float lanes[hn::MaxLanes(d)];
  hn::Store(best, d, lanes);
  float largest = minus_infinity;
  for (float lane : lanes) largest = lane > largest || lane != lane ? lane : largest;
  return largest;
}

void softmax_row(float* y, const float* x, const bool* mask, int64_t count, bool log) {
  const Floats d;
  const float largest = largest_of(x, mask, count);
  if (largest == minus_infinity) {
    std::fill_n(y, count, log ? minus_infinity : 0.0f);
    return;
  }
  const auto shift = hn::Set(d, largest);
  auto sums = hn::Zero(d);
  for_each_vector(count, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
    const auto e = exp_of(hn::Sub(load_real(tag, x, mask, j, n), shift));
    sums = hn::Add(sums, e);
    if (!log) store_some(tag, e, y + j, n);
  });
  const float sum = sum_of_lanes(d, sums);
  const auto scale = hn::Set(d, 1 / sum), log_sum = hn::Set(d, std::log(sum));
  for_each_vector(count, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
    if (log) store_some(tag, hn::Sub(hn::Sub(load_real(tag, x, mask, j, n), shift), log_sum), y + j, n);
    else store_some(tag, hn::Mul(load_some(tag, y + j, n), scale), y + j, n);
  });
}

void softmax_gradient_row(float* dx, const float* y, const float* dy, int64_t count, bool log) {
  const Floats d;
  const auto nothing = hn::Set(d, minus_infinity);
  auto sums = hn::Zero(d);
  for_each_vector(count, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
    const auto value = load_some(tag, y + j, n), slope = load_some(tag, dy + j, n);
    sums = log ? hn::Add(sums, hn::IfThenZeroElse(hn::Eq(value, nothing), slope)) : hn::MulAdd(value, slope, sums);
  });
  const auto sum = hn::Set(d, sum_of_lanes(d, sums));
  for_each_vector(count, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
    const auto value = load_some(tag, y + j, n), slope = load_some(tag, dy + j, n);
    const auto through_log = hn::IfThenZeroElse(hn::Eq(value, nothing), hn::NegMulAdd(exp_of(value), sum, slope));
    store_some(tag, log ? through_log : hn::Mul(value, hn::Sub(slope, sum)), dx + j, n);
  });
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
namespace {

HWY_EXPORT(softmax_row);
HWY_EXPORT(softmax_gradient_row);

bool rows_are_contiguous(const View& view) { return view.rank > 0 && view.strides[view.rank - 1] == 1; }

/// Calls f(offsets) for every row of views with the same dims.
template <class F, class... Views>
void for_each_row(const View& dims, F f, const Views&... views) {
  View rows = dims;  // the last axis becomes one place, behind an axis that the loop leaves to us
  rows.dims[dims.rank - 1] = 1;
  const auto loop = loop_over(rows, views...);
  if (loop.empty()) return;
  const int64_t count = loop.rows() * loop.inner();
  parallel_for(count, rows_per_task(dims.dims[dims.rank - 1]), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      auto at = loop.offsets(row / loop.inner());
      for (size_t v = 0; v < sizeof...(Views); ++v) at[v] += row % loop.inner() * loop.inner_stride(v);
      f(at);
    }
  });
}

}  // namespace

Status softmax(Context* context, const SoftmaxArgs& args) {
  const View &y = args.y, &x = args.x;
  const bool masked = args.mask.rank > 0;
  if (y.dtype != DType::f32 || !rows_are_contiguous(y) || !rows_are_contiguous(x) ||
      (masked && !rows_are_contiguous(args.mask)))
    return reference_backend().softmax(context, args);
  const View mask = masked ? args.mask : x;
  for_each_row(
      y,
      [&](const std::array<int64_t, 3>& at) {
        HWY_DYNAMIC_DISPATCH(softmax_row)
        (data<float>(y) + at[0], data<const float>(x) + at[1], masked ? data<const bool>(mask) + at[2] : nullptr,
         y.dims[y.rank - 1], args.log);
      },
      y, x, mask);
  return Status::ok;
}

Status softmax_gradient(Context* context, const View& dx, const View& y, const View& dy, bool log) {
  if (dx.dtype != DType::f32 || !rows_are_contiguous(dx) || !rows_are_contiguous(y) || !rows_are_contiguous(dy))
    return reference_backend().softmax_gradient(context, dx, y, dy, log);
  for_each_row(
      dx,
      [&](const std::array<int64_t, 3>& at) {
        HWY_DYNAMIC_DISPATCH(softmax_gradient_row)
        (data<float>(dx) + at[0], data<const float>(y) + at[1], data<const float>(dy) + at[2], dx.dims[dx.rank - 1],
         log);
      },
      dx, y, dy);
  return Status::ok;
}

}  // namespace grus::cpu
#endif
