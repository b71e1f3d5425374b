// int8 products on CPUs without an instruction for them. On x86-64 and in WebAssembly a word of a is two numbers of
// 16 bits, one of b two of 8 bits, which are widened as the tile loads them, and one instruction adds both products:
// 16 bits by 16 bits, which cannot saturate as that for 8 bits by 8 bits can. Elsewhere a word is one number.
#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "core/backends/cpu/gemm_tile.h"
#include "core/base/use_only.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/gemm_tile_int8.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
#include "core/backends/cpu/gemm_tile-inl.h"
#include "core/backends/cpu/int8_words-inl.h"

namespace grus::cpu::HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_WASM
struct Int8Words : Int8Parts<Int8Words> {
  static constexpr const char* instructions = "SIMD";
  using A = int16_t;
  using B = int8_t;
  using I16 = hn::Repartition<int16_t, D>;
  static constexpr int in_word = 2, panel_row = width / 2, zero = 0;
  static HWY_INLINE V load(const float* row, int column) {
    const int8_t* const from = reinterpret_cast<const int8_t*>(row) + in_word * column;
#if HWY_TARGET == HWY_WASM
    return hn::BitCast(D(), hn::Vec<I16>{wasm_i16x8_load8x8(from)});  // one instruction
#else
    return hn::BitCast(D(), hn::PromoteTo(I16(), hn::LoadU(hn::Rebind<int8_t, I16>(), from)));
#endif
  }
  static HWY_INLINE V add(V a, V b, V sum) {
    const I16 i16;
    const I32 i32;
    auto unused = hn::Zero(i32);
    return hn::BitCast(D(), hn::ReorderWidenMulAccumulate(i32, hn::BitCast(i16, a), hn::BitCast(i16, b),
                                                          hn::BitCast(i32, sum), unused));
  }
};
#else
struct Int8Words : Int8Parts<Int8Words> {
  static constexpr const char* instructions = "SIMD";
  using A = int32_t;
  using B = int16_t;
  static constexpr int in_word = 1, panel_row = width / 2, zero = 0;
  static HWY_INLINE V load(const float* row, int column) {
    const hn::Rebind<int16_t, I32> narrow;
    return hn::BitCast(D(), hn::PromoteTo(I32(), hn::LoadU(narrow, reinterpret_cast<const int16_t*>(row) + column)));
  }
  static HWY_INLINE V add(V a, V b, V sum) {
    const I32 i32;
    return hn::BitCast(D(), hn::Add(hn::BitCast(i32, sum), hn::Mul(hn::BitCast(i32, a), hn::BitCast(i32, b))));
  }
};
#endif

const TileKernels* int8_kernels() { return int8_kernels_of<Int8Words>(); }

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {

HWY_EXPORT(int8_kernels);

const TileKernels& int8_tile_kernels() {
  static const TileKernels& kernels = *HWY_DYNAMIC_DISPATCH(int8_kernels)();
  return kernels;
}

}  // namespace grus::cpu
#endif
