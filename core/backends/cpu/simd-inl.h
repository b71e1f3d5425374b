// A vector of numbers with the operators of core/device/elementwise.def, so that its rows read as SIMD code; the
// functions are in simd_math-inl.h. Included once per instruction set, after hwy/highway.h, inside no namespace.
#if defined(GRUS_CPU_SIMD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRUS_CPU_SIMD_INL_H
#undef GRUS_CPU_SIMD_INL_H
#else
#define GRUS_CPU_SIMD_INL_H
#endif

#include <cstdint>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
struct Number {
  using D = hn::ScalableTag<T>;
  static constexpr int64_t lanes = static_cast<int64_t>(hn::MaxLanes(D()));
  hn::Vec<D> v;

  // The constructors are written out so that they are compiled for this instruction set: an implied one is compiled for
  // the oldest CPU.
  HWY_INLINE Number() {}
  HWY_INLINE Number(hn::Vec<D> vector) : v(vector) {}

  static HWY_INLINE Number load(const T* p) { return {hn::LoadU(D(), p)}; }
  static HWY_INLINE Number of(double value) { return {hn::Set(D(), static_cast<T>(value))}; }
  /// Loads the first n numbers at p, with zeros after them; nothing beyond them is touched.
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

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
