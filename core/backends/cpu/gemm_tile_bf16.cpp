// The register tile on bf16 with f32 sums, for CPUs where AVX-512's instruction for it is quick: a word holds two bf16,
// and one instruction adds both of their products.
#include <algorithm>
#include <array>
#include <utility>

#include "core/backends/cpu/cpu_info.h"
#include "core/backends/cpu/gemm_tile.h"
#include "core/base/use_only.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/gemm_tile_bf16.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#if HWY_TARGET == HWY_AVX3
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512bf16")
#include "core/backends/cpu/gemm_tile-inl.h"

#include "core/backends/cpu/bf16_words-inl.h"

namespace grus::cpu::HWY_NAMESPACE {

struct Bf16Pairs : F32Words {
  static HWY_INLINE V add(V a, V b, V sum) {
    return V{_mm512_dpbf16_ps(sum.raw, (__m512bh)_mm512_castps_si512(a.raw), (__m512bh)_mm512_castps_si512(b.raw))};
  }
};

void copy_columns_bf16(const float* a, int64_t lda, int64_t columns, int64_t k, int64_t strip, float* to) {
  const int64_t words = (k + 1) / 2;
  for (int64_t w = 0; w < words; ++w, a += 2 * lda, to += max_rows) {
    const bool both = 2 * w + 1 < k;
    for (int64_t i = 0; i < columns; i += strip) {
      const __mmask16 wanted = first(std::min(strip, columns - i));
      const __m512 upper = _mm512_maskz_loadu_ps(wanted, a + i),
                   lower = both ? _mm512_maskz_loadu_ps(wanted, a + lda + i) : _mm512_setzero_ps();
      _mm512_mask_storeu_epi32(to + i / strip * max_rows * words, wanted, column_words(upper, lower));
    }
  }
}

const TileKernels* bf16_kernels() {
  static constexpr TileKernels kernels{"AVX512_BF16",
                                       max_rows,
                                       width,
                                       width,
                                       2,
                                       0,
                                       any_tile<Bf16Pairs, false>,
                                       columns_tile<Bf16Pairs>(),
                                       copy_rows_bf16,
                                       copy_columns_bf16,
                                       pack_rows_bf16,
                                       pack_transposed_bf16};
  return &kernels;
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_POP_ATTRIBUTES
#endif

#if HWY_ONCE
namespace grus::cpu {

const TileKernels* bf16_tile_kernels() {
#if HWY_TARGETS & HWY_AVX3
  return has_bf16_instruction() ? N_AVX3::bf16_kernels() : nullptr;
#else
  return nullptr;
#endif
}

}  // namespace grus::cpu
#endif
