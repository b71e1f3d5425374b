// bf16 products on CPUs without an instruction for them: operands are rounded while they are copied for the f32 tiles.
#include <algorithm>
#include <bit>

#include "core/backends/cpu/gemm_tile.h"
#include "core/backends/cpu/precision.h"

namespace grus::cpu {
namespace {

/// To the nearest bf16, ties to even; NaN stays NaN.
float rounded(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return std::bit_cast<float>((bits | 0x400000u) & 0xffff0000u);
  return std::bit_cast<float>((bits + 0x7fffu + (bits >> 16 & 1)) & 0xffff0000u);
}

void round_all(float* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] = rounded(x[i]);
}

void copy_rows(const float* a, int64_t lda, int64_t rows, int64_t k, float* to) {
  f32_tile_kernels().copy_rows(a, lda, rows, k, to);
  for (int64_t i = 0; i < rows; ++i) round_all(to + i * row_stride, k);
}

void copy_columns(const float* a, int64_t lda, int64_t columns, int64_t k, int64_t strip, float* to) {
  const TileKernels& f32 = f32_tile_kernels();
  f32.copy_columns(a, lda, columns, k, strip, to);
  for (int64_t i = 0; i < columns; i += strip)
    for (int64_t kk = 0; kk < k; ++kk)
      round_all(to + (i / strip * k + kk) * f32.max_rows, std::min(strip, columns - i));
}

void pack_rows(const float* b, int64_t ldb, int64_t k, int64_t panels, int64_t panel_size, float* to) {
  f32_tile_kernels().pack_rows(b, ldb, k, panels, panel_size, to);
  for (int64_t panel = 0; panel < panels; ++panel) round_all(to + panel * panel_size, k * f32_tile_kernels().width);
}

void pack_transposed(const float* b, int64_t ldb, int64_t k, int columns, float* to) {
  f32_tile_kernels().pack_transposed(b, ldb, k, columns, to);
  round_all(to, k * f32_tile_kernels().width);
}

}  // namespace

const TileKernels& rounded_tile_kernels() {
  static const TileKernels kernels = [] {
    TileKernels table = f32_tile_kernels();
    table.copy_rows = copy_rows;
    table.copy_columns = copy_columns;
    table.pack_rows = pack_rows;
    table.pack_transposed = pack_transposed;
    return table;
  }();
  return kernels;
}

const TileKernels& tile_kernels() {
  if (!bf16_products()) return f32_tile_kernels();
  static const TileKernels& bf16 = bf16_tile_kernels() ? *bf16_tile_kernels() : rounded_tile_kernels();
  return bf16;
}

}  // namespace grus::cpu
