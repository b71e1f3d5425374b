// The register tiles of bf16 and int8 by AMX, which multiplies 16 x 32 by 32 x 16 numbers of bf16, or 16 x 64 by 64 x
// 16 integers, in one instruction. It takes a's integers unsigned, as AVX-512's instruction does (gemm_tile_vnni.cpp).
#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "core/backends/cpu/cpu_info.h"
#include "core/backends/cpu/gemm_tile.h"
#include "core/base/use_only.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/gemm_tile_amx.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

#if HWY_TARGET == HWY_AVX3
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512bf16,amx-tile,amx-bf16,amx-int8")
#include "core/backends/cpu/gemm_tile-inl.h"
#include "core/backends/cpu/gemm_tile_amx-inl.h"

#include "core/backends/cpu/bf16_words-inl.h"
#include "core/backends/cpu/int8_words-inl.h"

namespace grus::cpu::HWY_NAMESPACE {

// What `ldtilecfg` reads: bytes of a row and rows of each register.
struct alignas(64) TileShapes {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

// The compiler's own functions take names of registers from their text alone, which no template can give them.
struct AmxTiles {
  static void configure(int rows) {
    const int upper = std::min(rows, amx::tile_side), lower = std::max(rows - amx::tile_side, 0);
    TileShapes shapes;
    const auto set = [&](int t, int of_rows) {
      shapes.row_bytes[t] = of_rows > 0 ? 64 : 0;
      shapes.rows[t] = static_cast<uint8_t>(of_rows);
    };
    for (int t : {0, 1, 4}) set(t, upper);
    for (int t : {2, 3, 5}) set(t, lower);
    for (int t : {6, 7}) set(t, amx::tile_side);
    asm volatile("ldtilecfg %0" ::"m"(shapes));
  }
  static void release() { asm volatile("tilerelease" ::); }
  template <int t>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(t));
  }
  template <int t>
  static void load(const float* from, int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(4 * stride), "i"(t) : "memory");
  }
  template <int t>
  static void store(float* to, int64_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(4 * stride), "i"(t) : "memory");
  }
};

struct Bf16Tiles : AmxTiles {
  static constexpr int head = 0;
  template <int sum, int a, int b>
  static void add() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(sum), "i"(a), "i"(b));
  }
  static void finish(const Tile& tile, const float* sums) { amx::finish_floats<Bf16Tiles>(tile, sums); }
};

struct Int8Quads : Int8Parts<Int8Quads> {
  using A = uint8_t;
  using B = int8_t;
  static constexpr int in_word = 4, panel_row = width, zero = 128;
};

struct Int8Tiles : AmxTiles {
  static constexpr int head = Int8Quads::head;
  template <int sum, int a, int b>
  static void add() {
    asm volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(sum), "i"(a), "i"(b));
  }
  // Columns beyond the edge of y go through a buffer.
  static void finish(const Tile& tile, const float* sums) {
    const D d;
    HWY_ALIGN float buffer[width] = {};
    for (int i = 0; i < tile.rows; ++i, sums += amx::width) {
      if (tile.beta != 0) std::copy_n(tile.c + i * tile.ldc, tile.columns, buffer);
      for (int j : {0, lanes})
        hn::Store(Int8Quads::result(tile, i, j, hn::Load(d, sums + j), buffer + j), d, buffer + j);
      std::copy_n(buffer, tile.columns, tile.y + i * tile.ldy);
    }
  }
};

struct TurnedWords {
  static void turn(const float* a, int64_t lda, int64_t columns, int64_t k, float* to) {
    HWY_ALIGN float words[amx::width * amx::max_rows];
    for (int64_t w = 0; w < amx::width; ++w, a += 2 * lda)
      for (int64_t i = 0; i < amx::max_rows; i += lanes) {
        const __mmask16 upper = 2 * w < k ? first(columns - i) : 0, lower = 2 * w + 1 < k ? first(columns - i) : 0;
        _mm512_store_si512(words + w * amx::max_rows + i, column_words(_mm512_maskz_loadu_ps(upper, a + i),
                                                                       _mm512_maskz_loadu_ps(lower, a + lda + i)));
      }
    f32_tile_kernels().pack_transposed(words, amx::max_rows, columns, amx::width, to);
  }
};

const TileKernels* amx_bf16_kernels() {
  static constexpr TileKernels kernels{"AMX",
                                       amx::max_rows,
                                       amx::width,
                                       amx::width,
                                       2,
                                       0,
                                       amx::run_tile<Bf16Tiles, false>,
                                       amx::run_tile<Bf16Tiles, true>,
                                       copy_rows_bf16,
                                       amx::copy_columns<TurnedWords>,
                                       pack_rows_bf16,
                                       pack_transposed_bf16,
                                       nullptr,
                                       amx::tile_side,
                                       AmxTiles::configure,
                                       AmxTiles::release};
  return &kernels;
}

const TileKernels* amx_int8_kernels() {
  static constexpr TileKernels kernels{"AMX",
                                       amx::max_rows,
                                       amx::width,
                                       amx::width,
                                       Int8Quads::in_word,
                                       Int8Quads::head,
                                       amx::run_tile<Int8Tiles, false>,
                                       nullptr,
                                       Int8Quads::copy_rows,
                                       nullptr,
                                       nullptr,
                                       Int8Quads::pack_transposed,
                                       nullptr,
                                       amx::tile_side,
                                       AmxTiles::configure,
                                       AmxTiles::release};
  return &kernels;
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_POP_ATTRIBUTES
#endif

#if HWY_ONCE
namespace grus::cpu {

const TileKernels* amx_tile_kernels([[maybe_unused]] Precision precision) {
#if HWY_TARGETS & HWY_AVX3
  if (uses_amx()) return precision == Precision::int8 ? N_AVX3::amx_int8_kernels() : N_AVX3::amx_bf16_kernels();
#endif
  return nullptr;
}

}  // namespace grus::cpu
#endif
