// int8 products by AVX-512's instruction for them (VNNI): a word holds four numbers, and one instruction adds all four
// products. It takes a's numbers unsigned, so 128 is added to them, and 128 times the sum of a column of b is taken off
// the sums again. Highway 1.0 does not know the instruction.
#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "core/backends/cpu/cpu_info.h"
#include "core/backends/cpu/gemm_tile.h"
#include "core/base/use_only.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/gemm_tile_vnni.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#if HWY_TARGET == HWY_AVX3
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni")
#include "core/backends/cpu/gemm_tile-inl.h"
#include "core/backends/cpu/int8_words-inl.h"

namespace grus::cpu::HWY_NAMESPACE {

struct VnniWords : Int8Parts<VnniWords> {
  static constexpr const char* instructions = "AVX512_VNNI";
  using A = uint8_t;
  using B = int8_t;
  static constexpr int in_word = 4, panel_row = width, zero = 128;
  static HWY_INLINE V load(const float* row, int column) { return hn::LoadU(D(), row + column); }
  static HWY_INLINE V add(V a, V b, V sum) {
    return V{_mm512_castsi512_ps(
        _mm512_dpbusd_epi32(_mm512_castps_si512(sum.raw), _mm512_castps_si512(a.raw), _mm512_castps_si512(b.raw)))};
  }
};

const TileKernels* vnni_kernels() { return int8_kernels_of<VnniWords>(); }

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_POP_ATTRIBUTES
#endif

#if HWY_ONCE
namespace grus::cpu {

const TileKernels* vnni_tile_kernels() {
#if HWY_TARGETS & HWY_AVX3
  return uses_vnni() ? N_AVX3::vnni_kernels() : nullptr;
#else
  return nullptr;
#endif
}

}  // namespace grus::cpu
#endif
