// Highway 1.0 has no vectors of f64 for WebAssembly, which itself has them. This file stands before Highway's own of
// its name, and adds what our kernels ask of f64. It is included once per instruction set.
#include_next <hwy/ops/wasm_128-inl.h>

#undef HWY_HAVE_FLOAT64
#define HWY_HAVE_FLOAT64 1

HWY_BEFORE_NAMESPACE();
namespace hwy::HWY_NAMESPACE {

template <size_t N, HWY_IF_LE128(double, N)>
HWY_API Vec128<double, N> Set(Simd<double, N, 0>, double t) {
  return {wasm_f64x2_splat(t)};
}
template <size_t N>
HWY_API double GetLane(Vec128<double, N> v) {
  return wasm_f64x2_extract_lane(v.raw, 0);
}

template <size_t N>
HWY_API Vec128<double, N> operator+(Vec128<double, N> a, Vec128<double, N> b) {
  return {wasm_f64x2_add(a.raw, b.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> operator-(Vec128<double, N> a, Vec128<double, N> b) {
  return {wasm_f64x2_sub(a.raw, b.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> operator*(Vec128<double, N> a, Vec128<double, N> b) {
  return {wasm_f64x2_mul(a.raw, b.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> operator/(Vec128<double, N> a, Vec128<double, N> b) {
  return {wasm_f64x2_div(a.raw, b.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> MulAdd(Vec128<double, N> a, Vec128<double, N> b, Vec128<double, N> c) {
  return a * b + c;
}
template <size_t N>
HWY_API Vec128<double, N> NegMulAdd(Vec128<double, N> a, Vec128<double, N> b, Vec128<double, N> c) {
  return c - a * b;
}
template <size_t N>
HWY_API Vec128<double, N> MulSub(Vec128<double, N> a, Vec128<double, N> b, Vec128<double, N> c) {
  return a * b - c;
}

template <size_t N>
HWY_API Vec128<double, N> Abs(Vec128<double, N> v) {
  return {wasm_f64x2_abs(v.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> Sqrt(Vec128<double, N> v) {
  return {wasm_f64x2_sqrt(v.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> Round(Vec128<double, N> v) {
  return {wasm_f64x2_nearest(v.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> Trunc(Vec128<double, N> v) {
  return {wasm_f64x2_trunc(v.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> Ceil(Vec128<double, N> v) {
  return {wasm_f64x2_ceil(v.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> Floor(Vec128<double, N> v) {
  return {wasm_f64x2_floor(v.raw)};
}
// The operands are in x86's order, as Highway's are for f32: a NaN that is the second one stays.
template <size_t N>
HWY_API Vec128<double, N> Min(Vec128<double, N> a, Vec128<double, N> b) {
  return {wasm_f64x2_pmin(b.raw, a.raw)};
}
template <size_t N>
HWY_API Vec128<double, N> Max(Vec128<double, N> a, Vec128<double, N> b) {
  return {wasm_f64x2_pmax(b.raw, a.raw)};
}

template <size_t N>
HWY_API Mask128<double, N> operator==(Vec128<double, N> a, Vec128<double, N> b) {
  return {wasm_f64x2_eq(a.raw, b.raw)};
}
template <size_t N>
HWY_API Mask128<double, N> operator!=(Vec128<double, N> a, Vec128<double, N> b) {
  return {wasm_f64x2_ne(a.raw, b.raw)};
}
template <size_t N>
HWY_API Mask128<double, N> operator>(Vec128<double, N> a, Vec128<double, N> b) {
  return {wasm_f64x2_gt(a.raw, b.raw)};
}
template <size_t N>
HWY_API Mask128<double, N> operator<=(Vec128<double, N> a, Vec128<double, N> b) {
  return {wasm_f64x2_le(a.raw, b.raw)};
}
template <size_t N>
HWY_API Mask128<double, N> operator>=(Vec128<double, N> a, Vec128<double, N> b) {
  return {wasm_f64x2_ge(a.raw, b.raw)};
}

template <size_t N, HWY_IF_LE128(double, N)>
HWY_API Vec128<double, N> PromoteTo(Simd<double, N, 0>, Vec128<float, N> v) {
  return {wasm_f64x2_promote_low_f32x4(v.raw)};
}
template <size_t N>
HWY_API Vec128<float, N> DemoteTo(Simd<float, N, 0>, Vec128<double, N> v) {
  return {wasm_f32x4_demote_f64x2_zero(v.raw)};
}

template <size_t N>
HWY_API Vec128<double, N> ConvertTo(Simd<double, N, 0>, Vec128<int64_t, N> v) {
  return {wasm_f64x2_make(static_cast<double>(wasm_i64x2_extract_lane(v.raw, 0)),
                          static_cast<double>(wasm_i64x2_extract_lane(v.raw, 1)))};
}

}  // namespace hwy::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
