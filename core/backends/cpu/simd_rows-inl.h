// Loops over a row of floats, vector by vector, the last one partial. This file is included once per instruction set.
#if defined(GRUS_CPU_SIMD_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRUS_CPU_SIMD_ROWS_INL_H
#undef GRUS_CPU_SIMD_ROWS_INL_H
#else
#define GRUS_CPU_SIMD_ROWS_INL_H
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "core/backends/cpu/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using FloatVec = hn::Vec<Floats>;

HWY_INLINE FloatVec tanh_of(FloatVec x) { return tanh(Number<float>{x}).v; }
HWY_INLINE FloatVec sigmoid_of(FloatVec x) { return sigmoid(Number<float>{x}).v; }
HWY_INLINE FloatVec exp_of(FloatVec x) { return exp(Number<float>{x}).v; }

/// Loads n lanes from `from`, with zeros behind them; the vector is whole when n is its size.
template <class D>
HWY_INLINE hn::Vec<D> load_some(D d, const float* from, size_t n) {
  return n == hn::Lanes(d) ? hn::LoadU(d, from) : hn::MaskedLoad(hn::FirstN(d, n), d, from);
}
template <class D>
HWY_INLINE void store_some(D d, hn::Vec<D> v, float* to, size_t n) {
  if (n == hn::Lanes(d)) hn::StoreU(v, d, to);
  else hn::BlendedStore(v, hn::FirstN(d, n), d, to);
}

/// Calls f(d, first element, how many) for each vector of a row.
template <class F>
HWY_INLINE void for_each_vector(int64_t count, F&& f) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t j = 0;
  for (; j + lanes <= count; j += lanes) f(d, j, static_cast<size_t>(lanes));
  if (j < count) f(d, j, static_cast<size_t>(count - j));
}

HWY_INLINE float sum_of_lanes(Floats d, hn::Vec<Floats> v) { return hn::GetLane(hn::SumOfLanes(d, v)); }

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
