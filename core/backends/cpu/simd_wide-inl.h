// Functions of f32 that are computed in f64, where an angle's multiples of pi / 2, a quotient and a logarithm keep what
// f32 would lose; those of f64 go by lane. This file is included once per instruction set, after hwy/highway.h.
#if defined(GRUS_CPU_SIMD_WIDE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRUS_CPU_SIMD_WIDE_INL_H
#undef GRUS_CPU_SIMD_WIDE_INL_H
#else
#define GRUS_CPU_SIMD_WIDE_INL_H
#endif

#include <cmath>
#include <numbers>

#include <hwy/highway.h>

#include "core/backends/cpu/simd_math-inl.h"
#include "core/backends/reference/scalar_ops.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

/// The f64 vectors that hold a f32 vector. Where vectors are scalars the upper one is the lower one.
struct Wide {
  Number<double> lower, upper;
};
HWY_INLINE Wide widened(Number<float> x) {
  const Number<double>::D d;
#if HWY_TARGET == HWY_SCALAR
  const Number<double> y{hn::PromoteTo(d, x.v)};
  return {y, y};
#else
  const hn::Rebind<float, Number<double>::D> half;
  return {{hn::PromoteTo(d, hn::LowerHalf(half, x.v))}, {hn::PromoteTo(d, hn::UpperHalf(half, x.v))}};
#endif
}
HWY_INLINE Number<float> narrowed(Number<double> lower, [[maybe_unused]] Number<double> upper) {
  const hn::Rebind<float, Number<double>::D> half;
#if HWY_TARGET == HWY_SCALAR
  return {hn::DemoteTo(half, lower.v)};
#else
  return {hn::Combine(Number<float>::D(), hn::DemoteTo(half, upper.v), hn::DemoteTo(half, lower.v))};
#endif
}
template <class T>
HWY_INLINE bool all(Truth<T> truth) {
  return hn::AllTrue(typename Number<T>::D(), truth.m);
}
template <class T>
HWY_INLINE Number<T> size_of(Number<T> x) {
  return {hn::Abs(x.v)};
}

using WideBits = hn::Vec<hn::RebindToUnsigned<Number<double>::D>>;
/// Angles below this are n pi / 2 + r with n below 2^20: n times the first part of pi / 2 is exact then, and r keeps
/// 60 bits behind the point.
constexpr double largest_angle = 1e6;
struct Angle {
  Number<double> r;  // |r| <= pi / 4
  WideBits n;        // the bits end in n
};
HWY_INLINE Angle angle_of(Number<double> x) {
  using N = Number<double>;
  const N round = N::of(0x1.8p52), shifted = fused(x, N::of(2 / std::numbers::pi), round), n = shifted - round;
  const N first = less_product(x, n, N::of(1.57079632673412561417e+00));  // 33 bits of pi / 2
  return {less_product(first, n, N::of(6.07710050650619224932e-11)),      // the rest
          hn::BitCast(hn::RebindToUnsigned<N::D>(), shifted.v)};
}
/// y, or -y where bit 1 of n is set.
HWY_INLINE Number<double> with_sign(Number<double> y, WideBits n) {
  const WideBits sign = hn::ShiftLeft<63>(hn::ShiftRight<1>(n));
  return {hn::Xor(y.v, hn::BitCast(Number<double>::D(), sign))};
}
HWY_INLINE Truth<double> is_odd(WideBits n) {
  return {hn::MaskFromVec(
      hn::BitCast(Number<double>::D(),
                  hn::BroadcastSignBit(hn::BitCast(hn::RebindToSigned<Number<double>::D>(), hn::ShiftLeft<63>(n)))))};
}

/// sin(r) and cos(r), |r| <= pi / 4, by tests/accuracy/fit.py (5.2e-12 and 1.2e-10; for f64 3.7e-18 and 5.6e-20).
struct SineCosine {
  Number<double> sine, cosine;
};
template <bool exact>
HWY_INLINE SineCosine sine_cosine(Number<double> r) {
  using N = Number<double>;
  const N s = r * r, one = N::of(1), half = N::of(0.5);
  N p, q;
  if constexpr (exact) {
    p = polynomial(s, -0.16666666666666631, 0.0083333333333221073, -0.00019841269829580145, 2.755731361800941e-6,
                   -2.505074721693195e-8, 1.5896197562926814e-10);
    q = polynomial(s, 0.041666666666666593, -0.001388888888887304, 2.4801587288841407e-5, -2.7557314176242771e-7,
                   2.0875700416476106e-9, -1.1358513971780251e-11);
  } else {
    p = polynomial(s, -0.16666666640776154, 0.0083333293024102758, -0.00019839311483651908, 2.7181141039421671e-6);
    q = polynomial(s, 0.041666645670149801, -0.0013887315616166215, 2.443308264780532e-5);
  }
  return {r * fused(s, p, one), fused(s * s, q, less_product(one, half, s))};
}

HWY_INLINE Number<double> sine_below_largest(Number<double> x) {
  const Angle angle = angle_of(x);
  const SineCosine of = sine_cosine<false>(angle.r);
  return with_sign(select(is_odd(angle.n), of.cosine, of.sine), angle.n);
}
HWY_INLINE Number<double> cosine_below_largest(Number<double> x) {
  const Angle angle = angle_of(x);
  const SineCosine of = sine_cosine<false>(angle.r);
  const auto next = hn::Add(angle.n, hn::Set(hn::RebindToUnsigned<Number<double>::D>(), uint64_t{1}));
  return with_sign(select(is_odd(angle.n), of.sine, of.cosine), next);
}
HWY_INLINE Number<double> tangent_below_largest(Number<double> x) {
  const Angle angle = angle_of(x);
  const SineCosine of = sine_cosine<false>(angle.r);
  const Truth<double> odd = is_odd(angle.n);
  return select(odd, -of.cosine, of.sine) / select(odd, of.sine, of.cosine);
}

// The errors are at most 0.51 units. A vector with a larger angle, or with none, goes by lane.
HWY_INLINE Number<float> sin(Number<float> x) {
  if (!all(size_of(x) < Number<float>::of(largest_angle))) return by_lane(static_cast<float (*)(float)>(std::sin), x);
  const Wide wide = widened(x);
  return narrowed(sine_below_largest(wide.lower), sine_below_largest(wide.upper));
}
HWY_INLINE Number<float> cos(Number<float> x) {
  if (!all(size_of(x) < Number<float>::of(largest_angle))) return by_lane(static_cast<float (*)(float)>(std::cos), x);
  const Wide wide = widened(x);
  return narrowed(cosine_below_largest(wide.lower), cosine_below_largest(wide.upper));
}
HWY_INLINE Number<float> tan(Number<float> x) {
  if (!all(size_of(x) < Number<float>::of(largest_angle))) return by_lane(static_cast<float (*)(float)>(std::tan), x);
  const Wide wide = widened(x);
  return narrowed(tangent_below_largest(wide.lower), tangent_below_largest(wide.upper));
}
HWY_INLINE Number<double> sin(Number<double> x) { return by_lane(static_cast<double (*)(double)>(std::sin), x); }
HWY_INLINE Number<double> cos(Number<double> x) { return by_lane(static_cast<double (*)(double)>(std::cos), x); }
HWY_INLINE Number<double> tan(Number<double> x) { return by_lane(static_cast<double (*)(double)>(std::tan), x); }

/// exp(b log(a)), where a is above 0 and the result is neither near the largest nor near the smallest numbers; else the
/// vector goes by lane. The error is at most 0.51 units.
HWY_INLINE Number<float> pow(Number<float> a, Number<float> b) {
  const Wide base = widened(a), exponent = widened(b);
  const Number<double>::D d;
  const Number<double> lower = exponent.lower * Number<double>{hn::Log(d, base.lower.v)},
                       upper = exponent.upper * Number<double>{hn::Log(d, base.upper.v)};
  const Number<double> most = Number<double>::of(87), size = size_of(lower), other = size_of(upper);
  const bool usual =
      all(a > Number<float>::of(0)) && all(a < Number<float>::of(HUGE_VAL)) && all(size < most) && all(other < most);
  if (!usual) return by_lane(static_cast<float (*)(float, float)>(std::pow), a, b);
  return narrowed(exp_bounded(lower), exp_bounded(upper));
}
HWY_INLINE Number<double> pow(Number<double> a, Number<double> b) {
  return by_lane(static_cast<double (*)(double, double)>(std::pow), a, b);
}

/// a = q b + rest, all exact: |rest| < |b| with a's sign, q = trunc(a / b) while that is below 2^22.
struct Division {
  Number<double> q, rest;
};
HWY_INLINE Division divided(Number<double> a, Number<double> b) {
  const Number<double> q{hn::Trunc((a / b).v)};
  return {q, {hn::CopySign(less_product(a, q, b).v, a.v)}};
}
/// Tells whether all quotients are so small, which also leaves out a b of 0, infinities and NaN.
HWY_INLINE bool divides(Number<float> a, Number<float> b) {
  using N = Number<float>;
  return all(size_of(b) < N::of(HUGE_VAL)) && all(size_of(a / b) < N::of(0x1p22));
}
/// Tells where the remainder needs b's sign and has a's.
HWY_INLINE Truth<double> turns(Number<double> rest, Number<double> b) {
  return {hn::Lt((rest * b).v, Number<double>::of(0).v)};
}
HWY_INLINE Number<double> remainder_of(Number<double> a, Number<double> b) {
  const Number<double> rest = divided(a, b).rest;
  return select(turns(rest, b), rest + b, rest);
}
HWY_INLINE Number<double> floor_of_quotient(Number<double> a, Number<double> b) {
  const Division of = divided(a, b);
  const Number<double> down = select(turns(of.rest, b), of.q - Number<double>::of(1), of.q);
  return {hn::CopySign(down.v, (a / b).v)};
}
/// The reference's remainder, bit for bit.
HWY_INLINE Number<float> remainder(Number<float> a, Number<float> b) {
  if (!divides(a, b)) return by_lane(reference::remainder<float>, a, b);
  const Wide left = widened(a), right = widened(b);
  return narrowed(remainder_of(left.lower, right.lower), remainder_of(left.upper, right.upper));
}
HWY_INLINE Number<float> floor_divide(Number<float> a, Number<float> b) {
  if (!divides(a, b)) return by_lane(reference::floor_divide<float>, a, b);
  const Wide left = widened(a), right = widened(b);
  return narrowed(floor_of_quotient(left.lower, right.lower), floor_of_quotient(left.upper, right.upper));
}
HWY_INLINE Number<double> remainder(Number<double> a, Number<double> b) {
  return by_lane(reference::remainder<double>, a, b);
}
HWY_INLINE Number<double> floor_divide(Number<double> a, Number<double> b) {
  return by_lane(reference::floor_divide<double>, a, b);
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
