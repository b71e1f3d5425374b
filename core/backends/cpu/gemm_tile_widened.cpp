// bf16 products on CPUs without a quick instruction for them: a panel is stored in bf16, half the memory to read, and
// widened to f32 as the tile loads it; rows of a are rounded while they are copied. The sums are those of f32 on
// rounded operands.
#include <algorithm>
#include <array>
#include <utility>

#include "core/backends/cpu/gemm_tile.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/gemm_tile_widened.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
#include "core/backends/cpu/gemm_tile-inl.h"

namespace grus::cpu::HWY_NAMESPACE {

using Bf16 = hwy::bfloat16_t;
using DBf16 = hn::Rebind<Bf16, D>;

struct Widened : F32Words {
  static constexpr int panel_row = width / 2;
  static HWY_INLINE V load(const float* row, int column) {
    return hn::PromoteTo(D(), hn::Load(DBf16(), reinterpret_cast<const Bf16*>(row) + column));
  }
};

/// Rounds to the nearest bf16, ties to even; NaN stays NaN.
template <class DF>
HWY_INLINE hn::Vec<DF> rounded(DF d, hn::Vec<DF> x) {
  const hn::RebindToUnsigned<DF> du;
  const auto bits = hn::BitCast(du, x), odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
  const auto nearest = hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7fffu)));
  const auto quiet = hn::Or(bits, hn::Set(du, 0x400000u));
  const auto chosen = hn::IfThenElse(hn::RebindMask(du, hn::IsNaN(x)), quiet, nearest);
  return hn::BitCast(d, hn::And(chosen, hn::Set(du, 0xffff0000u)));
}

/// Copies n rounded numbers, in place when `to` is x.
void copy_rounded(const float* x, int64_t n, float* to) {
  const D d;
  const hn::CappedTag<float, 1> one;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(rounded(d, hn::LoadU(d, x + i)), d, to + i);
  for (; i < n; ++i) hn::StoreU(rounded(one, hn::LoadU(one, x + i)), one, to + i);
}

/// Stores a panel's row of `width` elements.
HWY_INLINE void store_row(const float* x, float* row) {
  const D d;
  const DBf16 narrow;
  for (int column = 0; column < width; column += lanes)
    hn::Store(hn::DemoteTo(narrow, rounded(d, hn::LoadU(d, x + column))), narrow,
              reinterpret_cast<Bf16*>(row) + column);
}

void copy_rows_rounded(const float* a, int64_t lda, int64_t rows, int64_t k, float* to) {
  for (int64_t i = 0; i < rows; ++i) copy_rounded(a + i * lda, k, to + i * row_stride);
}

void copy_columns_rounded(const float* a, int64_t lda, int64_t columns, int64_t k, int64_t strip, float* to) {
  f32_tile_kernels().copy_columns(a, lda, columns, k, strip, to);
  // Strips are whole, since columns one by one would be too few for a vector; nobody reads what lies beside them.
  const int64_t strips = (columns + strip - 1) / strip;
  copy_rounded(to, strips * max_rows * k, to);
}

void pack_rows_narrow(const float* b, int64_t ldb, int64_t k, int64_t panels, int64_t panel_size, float* to) {
  for (int64_t kk = 0; kk < k; ++kk, b += ldb, to += Widened::panel_row)
    for (int64_t panel = 0; panel < panels; ++panel) store_row(b + panel * width, to + panel * panel_size);
}

/// Transposes as the f32 kernels do, some rows of the panel at a time.
void pack_transposed_narrow(const float* b, int64_t ldb, int64_t k, int columns, float* to) {
  constexpr int64_t at_once = 64;
  HWY_ALIGN float turned[at_once * width];
  for (int64_t from = 0; from < k; from += at_once) {
    const int64_t rows = std::min(at_once, k - from);
    f32_tile_kernels().pack_transposed(b + from, ldb, rows, columns, turned);
    for (int64_t kk = 0; kk < rows; ++kk, to += Widened::panel_row) store_row(turned + kk * width, to);
  }
}

const TileKernels* widened_kernels() {
  static constexpr TileKernels kernels{max_rows,
                                       width,
                                       Widened::panel_row,
                                       1,
                                       0,
                                       any_tile<Widened, false>,
                                       any_tile<Widened, true>,
                                       copy_rows_rounded,
                                       copy_columns_rounded,
                                       pack_rows_narrow,
                                       pack_transposed_narrow};
  return &kernels;
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {

HWY_EXPORT(widened_kernels);

const TileKernels& widened_tile_kernels() {
  static const TileKernels& kernels = *HWY_DYNAMIC_DISPATCH(widened_kernels)();
  return kernels;
}

}  // namespace grus::cpu
#endif
