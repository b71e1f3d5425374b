#include "core/backends/cpu/dot_attention_rows.h"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/dot_attention_rows.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#include "core/backends/cpu/simd_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

float largest_in_row(const float* x, int64_t count) {
  const Floats d;
  const auto nothing = hn::Set(d, -std::numeric_limits<float>::infinity());
  auto best = nothing;
  for_each_vector(count, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
    const auto next = load_some(tag, x + j, n);
    best = hn::Max(best, n == hn::Lanes(tag) ? next : hn::IfThenElse(hn::FirstN(tag, n), next, nothing));
  });
  return hn::GetLane(hn::MaxOfLanes(d, best));
}

float exp_in_row(float* x, int64_t count, float shift) {
  const Floats d;
  const auto by = hn::Set(d, shift);
  auto sums = hn::Zero(d);
  for_each_vector(count, [&](auto tag, int64_t j, size_t n) HWY_ATTR {
    auto e = exp_of(hn::Sub(load_some(tag, x + j, n), by));
    if (n < hn::Lanes(tag)) e = hn::IfThenElseZero(hn::FirstN(tag, n), e);
    sums = hn::Add(sums, e);
    store_some(tag, e, x + j, n);
  });
  return sum_of_lanes(d, sums);
}

void scale_a_row(float* y, const float* x, int64_t count, float factor, const float* each) {
  const auto by = hn::Set(Floats(), factor);
  for_each_vector(count, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    const auto scaled = hn::Mul(by, load_some(d, x + j, n));
    store_some(d, each ? hn::Mul(scaled, load_some(d, each + j, n)) : scaled, y + j, n);
  });
}

void add_a_row(float* x, const float* y, int64_t count) {
  for_each_vector(count, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    store_some(d, hn::Add(load_some(d, x + j, n), load_some(d, y + j, n)), x + j, n);
  });
}

float dot_rows(const float* a, const float* b, int64_t count) {
  const Floats d;
  auto sum = hn::Zero(d);
  for_each_vector(count, [&](auto tag, int64_t j, size_t n)
                             HWY_ATTR { sum = hn::MulAdd(load_some(tag, a + j, n), load_some(tag, b + j, n), sum); });
  return sum_of_lanes(d, sum);
}

void slope_a_row(float* p, float* dp, int64_t count, const RowSlope& by) {
  const Floats every;
  const auto shift = hn::Set(every, by.lse), middle = hn::Set(every, by.mean), scale = hn::Set(every, by.scale);
  for_each_vector(count, [&](auto d, int64_t j, size_t n) HWY_ATTR {
    const auto weight = exp_of(hn::Sub(load_some(d, p + j, n), shift));
    const auto factor = by.keep ? load_some(d, by.keep + j, n) : hn::Set(d, 1.0f);
    const auto slope = hn::Sub(hn::Mul(factor, load_some(d, dp + j, n)), middle);
    store_some(d, hn::Mul(hn::Mul(scale, weight), slope), dp + j, n);
    store_some(d, hn::Mul(weight, factor), p + j, n);
  });
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {
HWY_EXPORT(largest_in_row);
HWY_EXPORT(exp_in_row);
HWY_EXPORT(scale_a_row);
HWY_EXPORT(add_a_row);
HWY_EXPORT(dot_rows);
HWY_EXPORT(slope_a_row);

float largest_score(const float* x, int64_t count) { return HWY_DYNAMIC_DISPATCH(largest_in_row)(x, count); }
float exp_row(float* x, int64_t count, float shift) { return HWY_DYNAMIC_DISPATCH(exp_in_row)(x, count, shift); }
void scale_row(float* y, const float* x, int64_t count, float factor, const float* each) {
  HWY_DYNAMIC_DISPATCH(scale_a_row)(y, x, count, factor, each);
}
void add_to_row(float* x, const float* y, int64_t count) { HWY_DYNAMIC_DISPATCH(add_a_row)(x, y, count); }
float dot_of_rows(const float* a, const float* b, int64_t count) { return HWY_DYNAMIC_DISPATCH(dot_rows)(a, b, count); }
void slope_row(float* p, float* dp, int64_t count, const RowSlope& by) {
  HWY_DYNAMIC_DISPATCH(slope_a_row)(p, dp, count, by);
}

}  // namespace grus::cpu
#endif
