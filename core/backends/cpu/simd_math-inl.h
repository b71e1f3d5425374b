// The functions of core/device/elementwise.def on vectors of numbers. Each bound is the largest difference from the
// exact value, in units of the last place, denormals included (tests/accuracy: f32 over all floats, f64 over samples).
// Zeros keep their sign, infinities give the limits, NaN stays NaN. This file is included once per instruction set,
// after hwy/highway.h. simd_wide-inl.h has those of f32 that are computed in f64.
#if defined(GRUS_CPU_SIMD_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRUS_CPU_SIMD_MATH_INL_H
#undef GRUS_CPU_SIMD_MATH_INL_H
#else
#define GRUS_CPU_SIMD_MATH_INL_H
#endif

#include <cmath>
#include <limits>
#include <numbers>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "core/backends/cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {

/// Returns y, or x itself where x is NaN.
template <class T>
HWY_INLINE Number<T> unless_nan(Number<T> x, Number<T> y) {
  return select(x == x, y, x);
}
// These give the smaller and the larger of x and a constant; NaN stays. Instructions keep a NaN that is their second
// operand, but Highway's plain C++ takes the number.
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
template <class T>
HWY_INLINE Number<T> at_most(Number<T> x, double most) {
  return select(x > Number<T>::of(most), Number<T>::of(most), x);
}
template <class T>
HWY_INLINE Number<T> at_least(Number<T> x, double least) {
  return select(x < Number<T>::of(least), Number<T>::of(least), x);
}
#else
template <class T>
HWY_INLINE Number<T> at_most(Number<T> x, double most) {
  return {hn::Min(Number<T>::of(most).v, x.v)};
}
template <class T>
HWY_INLINE Number<T> at_least(Number<T> x, double least) {
  return {hn::Max(Number<T>::of(least).v, x.v)};
}
#endif
/// -|x|
template <class T>
HWY_INLINE Number<T> negative(Number<T> x) {
  return {hn::Or(x.v, hn::SignBit(typename Number<T>::D()))};
}
/// a - b c, rounded once where the CPU can.
template <class T>
HWY_INLINE Number<T> less_product(Number<T> a, Number<T> b, Number<T> c) {
  return {hn::NegMulAdd(b.v, c.v, a.v)};
}

/// k + more_0 u + more_1 u^2 ...
template <class T>
HWY_INLINE Number<T> polynomial(Number<T>, double k) {
  return Number<T>::of(k);
}
template <class T, class... More>
HWY_INLINE Number<T> polynomial(Number<T> u, double k, More... more) {
  return fused(polynomial(u, more...), u, Number<T>::of(k));
}

template <class T>
struct Format;
template <>
struct Format<float> {
  static constexpr int mantissa = 23, bias = 127;
  static constexpr double overflow = 89, underflow = -104;  // beyond these exp is inf and 0
  static constexpr double saturation = 20;                  // from this 2 x on tanh(x) rounds to 1
  // The constants are ln 2 as a sum; integers times the first part are exact.
  static constexpr double ln2_high = 0.693145751953125, ln2_low = 1.428606765330187e-6;
};
template <>
struct Format<double> {
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double overflow = 710, underflow = -746;
  static constexpr double saturation = 40;
  static constexpr double ln2_high = 0.6931471805596629565116018, ln2_low = 0.28235290563031577122588448175e-12;
};

// (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2, by tests/accuracy/fit.py: exp(r) - 1 to a relative 1.3e-8 and 2.6e-19.
HWY_INLINE Number<float> exp_tail(Number<float> r) {
  return polynomial(r, 0.49999998154040349, 0.16666543620998372, 0.041667199861522903, 0.0083665205793181688,
                    0.0013882521367374838);
}
HWY_INLINE Number<double> exp_tail(Number<double> r) {
  return polynomial(r, 0.5, 0.16666666666666677, 0.041666666666666509, 0.0083333333333216914, 0.0013888888888962371,
                    0.00019841269885966234, 2.4801587172538801e-05, 2.7557244373883856e-06, 2.7557402642509717e-07,
                    2.5108978986678804e-08, 2.0875330050426101e-09);
}

/// The parts of exp(x) = 2^n (1 + p).
template <class T>
struct Powers {
  using Bits = hn::Vec<hn::RebindToUnsigned<typename Number<T>::D>>;
  Number<T> p;
  Bits bits;  // they end in n + offset
};
/// Returns the powers of exp(x). Adding `round`, which is so large that it has no bits behind the point, leaves the
/// nearest integer at the end. One of the `parts` of ln 2 will do where a relative error of n 2^-29 (f64: n 2^-55)
/// counts little.
template <int offset, int parts, class T>
HWY_INLINE Powers<T> powers_of(Number<T> x) {
  using N = Number<T>;
  constexpr double round = 1.5 * static_cast<double>(int64_t{1} << Format<T>::mantissa) + offset;
  const N shifted = fused(x, N::of(std::numbers::log2e), N::of(round)), n = shifted - N::of(round);
  N r = less_product(x, n, N::of(parts == 1 ? std::numbers::ln2 : Format<T>::ln2_high));
  if constexpr (parts == 2) r = less_product(r, n, N::of(Format<T>::ln2_low));
  return {fused(r * r, exp_tail(r), r), hn::BitCast(hn::RebindToUnsigned<typename N::D>(), shifted.v)};
}
/// 2^k for bits that end in k + bias.
template <class T>
HWY_INLINE Number<T> power(typename Powers<T>::Bits bits) {
  return {hn::BitCast(typename Number<T>::D(), hn::ShiftLeft<Format<T>::mantissa>(bits))};
}

/// exp(x) for x that are not above Format::overflow. 2^n is multiplied in two steps, of which only the last may round.
template <class T>
HWY_INLINE Number<T> exp_bounded(Number<T> x) {
  const Powers<T> of = powers_of<2 * Format<T>::bias, 2>(x);
  const auto half = hn::ShiftRight<1>(of.bits);
  const Number<T> y = (Number<T>::of(1) + of.p) * power<T>(half) * power<T>(hn::Sub(of.bits, half));
  return {hn::IfThenZeroElse((x < Number<T>::of(Format<T>::underflow)).m, y.v)};
}

/// The error is at most 1.1 units; the result is inf above the range, denormal and then 0 below it.
template <class T>
HWY_INLINE Number<T> exp(Number<T> x) {
  return exp_bounded(at_most(x, Format<T>::overflow));
}

/// (s - 1) + s p with exp(x) = s (1 + p), so that nothing is lost where x is small; exp(x) in halves, which do not
/// overflow before it does, where 1 is less than it rounds to. The error is at most 2 units.
template <class T>
HWY_INLINE Number<T> expm1(Number<T> x) {
  const Number<T> bounded = at_least(at_most(x, Format<T>::overflow), -Format<T>::saturation);
  const Powers<T> of = powers_of<Format<T>::bias - 1, 2>(bounded);
  const Number<T> half = power<T>(of.bits), s = half + half, large = fused(half, of.p, half);
  const Number<T> small = fused(s, of.p, s - Number<T>::of(1));
  const Number<T> y = select(x > Number<T>::of(2 * Format<T>::saturation), large + large, small);
  return unless_nan(x, Number<T>{hn::CopySign(y.v, x.v)});
}

/// The error is at most 1 unit; the result is -inf at 0, and NaN below it.
template <class T>
HWY_INLINE Number<T> log(Number<T> x) {
  const Number<T> zero = Number<T>::of(0), infinity = Number<T>::of(std::numeric_limits<double>::infinity());
  const Number<T> y = select(x == infinity, x, Number<T>{hn::Log(typename Number<T>::D(), x.v)});
  const Number<T> at_zero = select(x == zero, -infinity, y);
  return unless_nan(x, select(x < zero, zero / zero, at_zero));
}

/// log(u) + (x - (u - 1)) / u with u = 1 + x, which gives back what the sum rounded away. The error is at most 2 units;
/// the result is x itself where u is 1, -inf at -1 and NaN below it.
template <class T>
HWY_INLINE Number<T> log1p(Number<T> x) {
  const Number<T> zero = Number<T>::of(0), one = Number<T>::of(1), u = one + x, y = log(u);
  const Number<T> whole = select(u == zero, y, y + (x - (u - one)) / u);
  const Number<T> infinity = Number<T>::of(std::numeric_limits<double>::infinity());
  return select(x == infinity, x, select(u == one, x, whole));
}

/// The error is at most half a unit.
template <class T>
HWY_INLINE Number<T> sqrt(Number<T> x) {
  return {hn::Sqrt(x.v)};
}

template <class T>
HWY_INLINE Number<T> floor(Number<T> x) {
  return {hn::Floor(x.v)};
}
template <class T>
HWY_INLINE Number<T> ceil(Number<T> x) {
  return {hn::Ceil(x.v)};
}
/// Rounds halves to even.
template <class T>
HWY_INLINE Number<T> rint(Number<T> x) {
  return {hn::Round(x.v)};
}

/// (1 - e) / (1 + e) with e = exp(-2 |x|) = s (1 + p), so that nothing is lost where x is small. The error is at most 2
/// units (f64: 2.1); the result is 1 from where the exact value rounds to it.
template <class T>
HWY_INLINE Number<T> tanh(Number<T> x) {
  const Number<T> one = Number<T>::of(1), a = negative(x);
  const Powers<T> of = powers_of<Format<T>::bias, 1>(at_least(a + a, -Format<T>::saturation));
  const Number<T> s = power<T>(of.bits), y = less_product(one - s, s, of.p) / fused(s, of.p, one + s);
  return {hn::CopySignToAbs(y.v, x.v)};
}

/// k - k e / (1 + e) with e = exp(-|x|), k = e below 0 and 1 above: the quotient's error counts little where it is
/// small. The error is at most 2 units; far below 0 the result is denormal, then 0.
template <class T>
HWY_INLINE Number<T> sigmoid(Number<T> x) {
  const Number<T> zero = Number<T>::of(0), one = Number<T>::of(1), e = exp_bounded(negative(x));
  const Number<T> k = select(x < zero, e, one);
  return less_product(k, k, e / (one + e));
}

/// max(x, 0) + log(1 + e), e = exp(-|x|), log(1 + e) = e + e^2 q(e - 1/2) by tests/accuracy/fit.py (5.1e-9); the first
/// sum keeps what rounding takes. The error is at most 2 units; the result is x itself far above 0, denormal and then 0
/// far below.
HWY_INLINE Number<float> softplus(Number<float> x) {
  using N = Number<float>;
  const N zero = N::of(0), e = exp_bounded(negative(x)), above = select(x > zero, x, zero), sum = above + e;
  const N larger{hn::Max(above.v, e.v)}, smaller{hn::Min(above.v, e.v)}, rest = smaller - (sum - larger);
  const N q = polynomial(e - N::of(0.5), -0.37813955941081964, 0.17922488614660432, -0.093231856082035982,
                         0.05108905924125768, -0.028904999485835422, 0.016656984847917088, -0.010177703559351055,
                         0.006930696976581269, -0.0033184766712355046);
  return select(x > N::of(30), x, sum + fused(e * e, q, rest));
}
/// The error is at most 3 units.
HWY_INLINE Number<double> softplus(Number<double> x) {
  const Number<double> zero = Number<double>::of(0), e = exp_bounded(negative(x));
  return select(x > zero, x, zero) + Number<double>{hn::Log1p(Number<double>::D(), e.v)};
}

// What is rare goes lane by lane, by the C library; with glibc the error is at most 1 unit of f32 and 1.1 of f64.
template <class T, class F>
HWY_INLINE Number<T> by_lane(F f, Number<T> x) {
  HWY_ALIGN T lane[Number<T>::lanes];
  x.store(lane);
  for (T& value : lane) value = f(value);
  return Number<T>::load(lane);
}
template <class T, class F>
HWY_INLINE Number<T> by_lane(F f, Number<T> a, Number<T> b) {
  HWY_ALIGN T left[Number<T>::lanes], right[Number<T>::lanes];
  a.store(left);
  b.store(right);
  for (int64_t i = 0; i < Number<T>::lanes; ++i) left[i] = f(left[i], right[i]);
  return Number<T>::load(left);
}

/// x + x p(x^2) up to 0.95 and 1 - exp(q(|x|)) above, by tests/accuracy/fit.py (6.1e-10 and 1.7e-9); 1 from where the
/// exact value rounds to it. The error is at most 1.3 units.
HWY_INLINE Number<float> erf(Number<float> x) {
  using N = Number<float>;
  const N size = at_most(N{hn::Abs(x.v)}, 4), s = size * size;
  const N p = polynomial(s, 0.128379166404, -0.376126315718, 0.112836633973, -0.0268576737284, 0.00519687870101,
                         -0.000809691796336, 8.18196073641e-5);
  const N q = polynomial(size, -0.000166448454295, -1.12779723902, -0.636976089394, -0.104113673205, 0.0223152103357,
                         -0.00306548959522, 0.000198219580163);
  const N y = select(size > N::of(0.95), N::of(1) - exp_bounded(q), fused(size, p, size));
  return unless_nan(x, N{hn::CopySignToAbs(y.v, x.v)});
}
HWY_INLINE Number<double> erf(Number<double> x) { return by_lane(static_cast<double (*)(double)>(std::erf), x); }

/// atan(t) = t + t^3 p(t^2) for t in [0, 1], by tests/accuracy/fit.py (2.6e-9).
HWY_INLINE Number<float> atan_below_1(Number<float> t) {
  const Number<float> s = t * t;
  const Number<float> p =
      polynomial(s, -0.333332990895, 0.199985482941, -0.142642417858, 0.109521863247, -0.0840345189995, 0.0579576195721,
                 -0.0311778706512, 0.0109146184009, -0.0017936243819);
  return fused(t * s, p, t);
}
/// k + r for a multiple k of pi / 2, of which f32 holds only `high`.
HWY_INLINE Number<float> turned(double k, Number<float> r) {
  const double high = static_cast<double>(static_cast<float>(k));
  return Number<float>::of(high) + (r + Number<float>::of(k - high));
}
/// The error is at most 2 units.
HWY_INLINE Number<float> atan(Number<float> x) {
  using N = Number<float>;
  const N size{hn::Abs(x.v)}, one = N::of(1);
  const N r = atan_below_1(select(size > one, one / size, size));
  const N y = select(size > one, turned(std::numbers::pi / 2, -r), r);
  return unless_nan(x, N{hn::CopySignToAbs(y.v, x.v)});
}
HWY_INLINE Number<double> atan(Number<double> x) { return by_lane(static_cast<double (*)(double)>(std::atan), x); }

/// The angle of the smaller to the larger side, reflected. The error is at most 3 units; a vector with a pair of zeros
/// or an infinity goes by lane.
HWY_INLINE Number<float> atan2(Number<float> a, Number<float> b) {
  using N = Number<float>;
  const N::D d;
  const N up{hn::Abs(a.v)}, along{hn::Abs(b.v)}, larger = select(up > along, up, along);
  const N usual = select(a == a, larger, a), infinity = N::of(std::numeric_limits<double>::infinity());
  if (!hn::AllTrue(d, hn::And((usual > N::of(0)).m, (usual < infinity).m)))
    return by_lane(static_cast<float (*)(float, float)>(std::atan2), a, b);
  const N r = atan_below_1(select(up > along, along, up) / larger);
  const Truth<float> behind = N{hn::CopySign(N::of(1).v, b.v)} < N::of(0);
  const N beside = turned(std::numbers::pi / 2, select(behind, r, -r));
  const N y = select(up > along, beside, select(behind, turned(std::numbers::pi, -r), r));
  return N{hn::CopySignToAbs(y.v, a.v)};
}
HWY_INLINE Number<double> atan2(Number<double> a, Number<double> b) {
  return by_lane(static_cast<double (*)(double, double)>(std::atan2), a, b);
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
