#pragma once
// The register tile of our products: what packed_gemm.cpp asks of the files that have one, each compiled for the
// instruction sets it knows. Both sides are copied into words first. A word is one f32, or two bf16 or up to four
// integers next to each other in k, with a 0 beyond the last; a word of a takes 4 bytes, of b it may take fewer.
//
// int8 (Precision::int8 in core/device/kernels.h): a column of op(b) has one scale over all k, a row of op(a) one for
// each block of int8_depth k. Sums of a block are exact integers that f32 holds, and what is made of them is the same
// on every CPU; so are the bits of a product.
// Sources: gemm_tile.cpp (f32), gemm_tile_bf16.cpp, gemm_tile_amx.cpp, gemm_tile_widened.cpp (bf16, f16),
// gemm_tile_int8.cpp, gemm_tile_vnni.cpp.
#include <cstdint>

#include "core/device/kernels.h"

namespace grus::cpu {

/// One tile: y (rows, columns) = alpha a b + beta c, rows <= max_rows, columns <= the panel's width. b is one panel of
/// `words` rows. Word (i, w) of a is at i * row_stride + w, or, for columns_of_a, at w * max_rows + i.
struct Tile {
  const float* a;
  const float* b;
  float* y;
  const float* c;
  int64_t ldy, ldc, words;
  int rows, columns;
  float alpha, beta;
};

/// A block of a that was copied for the tiles has constant strides, so that a tile needs one pointer for all rows:
/// row_stride from row to row (33 lines, so that rows fall into different cache sets), max_rows from column to column.
inline constexpr int64_t block_words = 512;
inline constexpr int64_t row_stride = block_words + 16;
/// Depth of a block of int8. Each begins with `head` floats in a panel: the columns' scales, and what is added to their
/// sums, as i32. The scale of row i of a is at i * row_stride + block_words.
inline constexpr int64_t int8_depth = 512;

struct TileKernels {
  const char* instructions;  // by which words are multiplied: "AMX", "AVX512_BF16", "AVX512_VNNI", or "SIMD" as f32
  int max_rows;
  int width;      // columns of a panel
  int panel_row;  // floats that a row of a panel takes
  int in_word;    // elements of k in a word
  int head;       // floats before the words of a block of a panel, or 0; of int8 alone
  void (*rows_of_a)(const Tile& tile);
  void (*columns_of_a)(const Tile& tile);  // null in int8, as is copy_columns; nobody calls it in a build for use
  /// to[i * row_stride + w] = word w of a[i * lda ...], for i < rows and k elements (at most block_words words).
  void (*copy_rows)(const float* a, int64_t lda, int64_t rows, int64_t k, float* to);
  /// Copies words of a^T, a[k * lda + i] for i < columns, as strips of `strip` <= max_rows columns, one after the
  /// other; word (w, i) of a strip is at w * max_rows + i.
  void (*copy_columns)(const float* a, int64_t lda, int64_t columns, int64_t k, int64_t strip, float* to);
  /// Packs k rows of b into `panels` whole panels, panel_size apart; null in int8.
  void (*pack_rows)(const float* b, int64_t ldb, int64_t k, int64_t panels, int64_t panel_size, float* to);
  /// Row w of the panel at `to` = word w of b[j * ldb ...] for j < columns, and 0 for columns <= j < width; in int8
  /// with the heads of blocks.
  void (*pack_transposed)(const float* b, int64_t ldb, int64_t k, int columns, float* to);
  /// Makes rows of a panel those of f32_tile_kernels(), whose tiles then take a as it is here; null where they cannot.
  void (*widen)(const float* panel, int64_t words, float* to) = nullptr;
  /// Blocks of a and panels have a multiple of so many words; what is beyond k is 0.
  int words_at_once = 1;
  /// Stand around the tiles of a block whose strips have `rows` rows, on the thread that runs them; or null.
  void (*begin)(int rows) = nullptr;
  void (*end)() = nullptr;
};

const TileKernels& f32_tile_kernels();
/// Kernels for bf16 by the CPU's instruction for it; null where has_bf16_instruction() is false.
const TileKernels* bf16_tile_kernels();
/// Kernels for bf16 or int8 by AMX's tiles; null where uses_amx() is false.
const TileKernels* amx_tile_kernels(Precision precision);
/// Kernels for bf16 on any CPU, with half of the memory to read and the arithmetic of f32.
const TileKernels& widened_tile_kernels();
/// Kernels for f16, which are made alike: no CPU multiplies f16 with sums in f32.
const TileKernels& f16_tile_kernels();
/// Kernels for int8 by AVX-512's instruction for it (VNNI); null where uses_vnni() is false.
const TileKernels* vnni_tile_kernels();
/// Kernels for int8 on any CPU.
const TileKernels& int8_tile_kernels();

}  // namespace grus::cpu
