#pragma once
// The register tile of our products: what packed_gemm.cpp asks of gemm_tile.cpp, which is compiled once per instruction
// set.
#include <cstdint>

namespace grus::cpu {

/// y (rows, columns) = alpha a b + beta y for one tile: rows <= max_rows, columns <= the panel's width.
/// b: one panel, k rows. a: element (i, kk) at i * row_stride + kk, or, for columns_of_a, at kk * max_rows + i.
struct Tile {
  const float* a;
  const float* b;
  float* y;
  int64_t ldy, k;
  int rows, columns;
  float alpha, beta;
};

/// Strides of a block of a that was copied for the tiles are constants, so that a tile needs one pointer for all its
/// rows: this one from row to row (33 lines: rows fall into different cache sets), max_rows from column to column.
inline constexpr int64_t block_depth = 512;
inline constexpr int64_t row_stride = block_depth + 16;

struct TileKernels {
  int max_rows;
  int width;  // columns of a panel
  void (*rows_of_a)(const Tile& tile);
  void (*columns_of_a)(const Tile& tile);
  /// One row of b into `panels` panels, panel_size apart.
  void (*pack_row)(const float* b, int64_t panels, int64_t panel_size, float* to);
  /// to[kk * width + j] = b[j * ldb + kk] for kk < k, j < columns; 0 for columns <= j < width.
  void (*pack_transposed)(const float* b, int64_t ldb, int64_t k, int columns, float* to);
};

const TileKernels& tile_kernels();

}  // namespace grus::cpu
