#include "core/backends/cpu/gemm_tile.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/use_only.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/gemm_tile.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
#include "core/backends/cpu/gemm_tile-inl.h"

namespace grus::cpu::HWY_NAMESPACE {

void copy_rows(const float* a, int64_t lda, int64_t rows, int64_t k, float* to) {
  for (int64_t i = 0; i < rows; ++i) std::copy_n(a + i * lda, k, to + i * row_stride);
}

void copy_columns(const float* a, int64_t lda, int64_t columns, int64_t k, int64_t strip, float* to) {
  for (int64_t i = 0; i < columns; i += strip, to += max_rows * k)
    for (int64_t kk = 0; kk < k; ++kk) std::copy_n(a + kk * lda + i, std::min(strip, columns - i), to + kk * max_rows);
}

#if HWY_TARGET != HWY_SCALAR
/// Loads 16 bytes from each of `lanes` / 4 rows, four rows apart, side by side.
HWY_INLINE hn::Vec<hn::FixedTag<float, 4>> load_blocks(hn::FixedTag<float, 4> d, const float* b, int64_t) {
  return hn::LoadU(d, b);
}
template <class D2>
HWY_INLINE hn::Vec<D2> load_blocks(D2 d, const float* b, int64_t ldb) {
  const hn::Half<D2> half;
  constexpr int64_t rows = static_cast<int64_t>(hn::MaxLanes(half));
  return hn::Combine(d, load_blocks(half, b + rows * ldb, ldb), load_blocks(half, b, ldb));
}

/// to[t * width + j] = b[j * ldb + t] for t < 4, j < lanes.
HWY_INLINE void transpose_four(const float* b, int64_t ldb, float* to) {
  const D d;
  const hn::RepartitionToWide<D> wide;
  const V a0 = load_blocks(d, b, ldb), a1 = load_blocks(d, b + ldb, ldb);
  const V a2 = load_blocks(d, b + 2 * ldb, ldb), a3 = load_blocks(d, b + 3 * ldb, ldb);
  const auto b0 = hn::BitCast(wide, hn::InterleaveLower(d, a0, a1)),
             b1 = hn::BitCast(wide, hn::InterleaveLower(d, a2, a3));
  const auto c0 = hn::BitCast(wide, hn::InterleaveUpper(d, a0, a1)),
             c1 = hn::BitCast(wide, hn::InterleaveUpper(d, a2, a3));
  hn::Store(hn::BitCast(d, hn::InterleaveLower(wide, b0, b1)), d, to);
  hn::Store(hn::BitCast(d, hn::InterleaveUpper(wide, b0, b1)), d, to + width);
  hn::Store(hn::BitCast(d, hn::InterleaveLower(wide, c0, c1)), d, to + 2 * width);
  hn::Store(hn::BitCast(d, hn::InterleaveUpper(wide, c0, c1)), d, to + 3 * width);
}
#endif

void pack_transposed(const float* b, int64_t ldb, int64_t k, int columns, float* to) {
  [[maybe_unused]] constexpr int64_t line = 16;  // floats: what is read of a row while it is in the cache
  int64_t whole = 0;
#if HWY_TARGET != HWY_SCALAR
  if (columns == width) whole = k / 4 * 4;
  for (int64_t from = 0; from < whole; from += line)
    for (int half = 0; half < width; half += lanes)
      for (int64_t kk = from; kk < std::min(from + line, whole); kk += 4)
        transpose_four(b + half * ldb + kk, ldb, to + kk * width + half);
#endif
  for (int64_t kk = whole; kk < k; ++kk)
    for (int j = 0; j < width; ++j) to[kk * width + j] = j < columns ? b[j * ldb + kk] : 0.0f;
}

void pack_rows(const float* b, int64_t ldb, int64_t k, int64_t panels, int64_t panel_size, float* to) {
  const D d;
  for (int64_t kk = 0; kk < k; ++kk, b += ldb, to += width)
    for (int64_t panel = 0; panel < panels; ++panel) {
      hn::Store(hn::LoadU(d, b + panel * width), d, to + panel * panel_size);
      hn::Store(hn::LoadU(d, b + panel * width + lanes), d, to + panel * panel_size + lanes);
    }
}

const TileKernels* kernels() {
  static constexpr TileKernels kernels{
      "SIMD",    max_rows,     width,     width,          1, 0, any_tile<F32Words, false>, columns_tile<F32Words>(),
      copy_rows, copy_columns, pack_rows, pack_transposed};
  return &kernels;
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {

HWY_EXPORT(kernels);

const TileKernels& f32_tile_kernels() {
  static const TileKernels& kernels = *HWY_DYNAMIC_DISPATCH(kernels)();
  return kernels;
}

}  // namespace grus::cpu
#endif
