// A vector of numbers with the operators and functions of core/elementwise.def, so that its rows read as SIMD code.
// Included once per instruction set, inside no namespace, after hwy/highway.h.
#if defined(GRUS_CPU_SIMD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRUS_CPU_SIMD_INL_H
#undef GRUS_CPU_SIMD_INL_H
#else
#define GRUS_CPU_SIMD_INL_H
#endif

#include <cmath>
#include <limits>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
struct Number {
  using D = hn::ScalableTag<T>;
  static constexpr int64_t lanes = static_cast<int64_t>(hn::MaxLanes(D()));
  hn::Vec<D> v;

  // Written out, so that they are compiled for this instruction set: an implied constructor is compiled for the oldest
  // CPU.
  HWY_INLINE Number() {}
  HWY_INLINE Number(hn::Vec<D> vector) : v(vector) {}

  static HWY_INLINE Number load(const T* p) { return {hn::LoadU(D(), p)}; }
  static HWY_INLINE Number of(double value) { return {hn::Set(D(), static_cast<T>(value))}; }
  /// The first n numbers at p, zeros after them; nothing beyond them is touched.
  static HWY_INLINE Number load(const T* p, int64_t n) {
    return {hn::MaskedLoad(hn::FirstN(D(), static_cast<size_t>(n)), D(), p)};
  }
  HWY_INLINE void store(T* p) const { hn::StoreU(v, D(), p); }
  HWY_INLINE void store(T* p, int64_t n) const { hn::BlendedStore(v, hn::FirstN(D(), static_cast<size_t>(n)), D(), p); }
};

template <class T>
struct Truth {
  hn::Mask<typename Number<T>::D> m;
};

template <class T>
HWY_INLINE Number<T> operator+(Number<T> a, Number<T> b) {
  return {hn::Add(a.v, b.v)};
}
template <class T>
HWY_INLINE Number<T> operator-(Number<T> a, Number<T> b) {
  return {hn::Sub(a.v, b.v)};
}
template <class T>
HWY_INLINE Number<T> operator*(Number<T> a, Number<T> b) {
  return {hn::Mul(a.v, b.v)};
}
template <class T>
HWY_INLINE Number<T> operator/(Number<T> a, Number<T> b) {
  return {hn::Div(a.v, b.v)};
}
template <class T>
HWY_INLINE Number<T> operator-(Number<T> a) {
  return {hn::Neg(a.v)};
}
template <class T>
HWY_INLINE Truth<T> operator<(Number<T> a, Number<T> b) {
  return {hn::Lt(a.v, b.v)};
}
template <class T>
HWY_INLINE Truth<T> operator>(Number<T> a, Number<T> b) {
  return {hn::Gt(a.v, b.v)};
}
template <class T>
HWY_INLINE Truth<T> operator==(Number<T> a, Number<T> b) {
  return {hn::Eq(a.v, b.v)};
}
template <class T>
HWY_INLINE Number<T> select(Truth<T> c, Number<T> a, Number<T> b) {
  return {hn::IfThenElse(c.m, a.v, b.v)};
}
/// a b + c, rounded once where the CPU can.
template <class T>
HWY_INLINE Number<T> fused(Number<T> a, Number<T> b, Number<T> c) {
  return {hn::MulAdd(a.v, b.v, c.v)};
}
/// y, or x itself where x is NaN.
template <class T>
HWY_INLINE Number<T> unless_nan(Number<T> x, Number<T> y) {
  return select(x == x, y, x);
}

/// exp to 1 ulp; inf above the range, 0 below it.
template <class T>
HWY_INLINE Number<T> exp(Number<T> x) {
  const Number<T> most = Number<T>::of(sizeof(T) == 4 ? 89.0 : 710.0);
  return unless_nan(x, {hn::Exp(typename Number<T>::D(), select(x > most, most, x).v)});
}

template <class T>
HWY_INLINE Number<T> log(Number<T> x) {
  const Number<T> zero = Number<T>::of(0), infinity = Number<T>::of(std::numeric_limits<double>::infinity());
  const Number<T> y = select(x == infinity, x, Number<T>{hn::Log(typename Number<T>::D(), x.v)});
  const Number<T> at_zero = select(x == zero, -infinity, y);
  return unless_nan(x, select(x < zero, zero / zero, at_zero));
}

template <class T>
HWY_INLINE Number<T> sqrt(Number<T> x) {
  return {hn::Sqrt(x.v)};
}

template <class T>
HWY_INLINE Number<T> polynomial(Number<T>, double k) {
  return Number<T>::of(k);
}
template <class T, class... More>
HWY_INLINE Number<T> polynomial(Number<T> u, double k, More... more) {
  return fused(polynomial(u, more...), u, Number<T>::of(k));
}

/// x P(x^2) / Q(x^2), a minimax fit of the relative error over |x| <= 9.02, beyond which tanh rounds to 1: within 6
/// ulp, 3.2e-7.
HWY_INLINE Number<float> tanh(Number<float> x) {
  using N = Number<float>;
  const N most = N::of(9.02), one = N::of(1);
  const N c = select(x > most, most, select(x < -most, -most, x));
  const N u = c * c;
  const N p =
      polynomial(u, 1.0, 0.13379721343517303, 0.0034940379178895592, 2.0583553123287857e-05, 1.3319164438030384e-08);
  const N q =
      polynomial(u, 1.0, 0.4671303629875183, 0.025871090590953827, 0.0003283100377302617, 7.762059226479323e-07);
  const N y = c * p / q;
  return unless_nan(x, select(y > one, one, select(y < -one, -one, y)));
}
HWY_INLINE Number<double> tanh(Number<double> x) {
  return unless_nan(x, Number<double>{hn::Tanh(Number<double>::D(), x.v)});
}

template <class T>
HWY_INLINE Number<T> sigmoid(Number<T> x) {
  const Number<T> one = Number<T>::of(1);
  return one / (one + exp(-x));
}

template <class T>
HWY_INLINE Number<T> softplus(Number<T> x) {
  const Number<T> zero = Number<T>::of(0);
  const Number<T> e = exp(select(x < zero, x, -x));
  return unless_nan(x, select(x > zero, x, zero) + Number<T>{hn::Log1p(typename Number<T>::D(), e.v)});
}

// Rare functions go lane by lane.
template <class T, class F>
HWY_INLINE Number<T> by_lane(F f, Number<T> x) {
  HWY_ALIGN T lane[Number<T>::lanes];
  x.store(lane);
  for (T& value : lane) value = f(value);
  return Number<T>::load(lane);
}
template <class T>
HWY_INLINE Number<T> erf(Number<T> x) {
  return by_lane(static_cast<T (*)(T)>(std::erf), x);
}
template <class T>
HWY_INLINE Number<T> sin(Number<T> x) {
  return by_lane(static_cast<T (*)(T)>(std::sin), x);
}
template <class T>
HWY_INLINE Number<T> cos(Number<T> x) {
  return by_lane(static_cast<T (*)(T)>(std::cos), x);
}
template <class T>
HWY_INLINE Number<T> pow(Number<T> a, Number<T> b) {
  HWY_ALIGN T base[Number<T>::lanes], exponent[Number<T>::lanes];
  a.store(base);
  b.store(exponent);
  for (int64_t i = 0; i < Number<T>::lanes; ++i) base[i] = std::pow(base[i], exponent[i]);
  return Number<T>::load(base);
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
