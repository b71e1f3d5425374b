#include "core/backends/cpu/packed_gemm.h"

#include <algorithm>

#include "core/backends/cpu/derived.h"
#include "core/backends/cpu/gemm_tile.h"
#include "core/backends/cpu/pool.h"

namespace grus::cpu {
namespace {

constexpr int64_t block_rows = 144;         // rows of a copied at a time: with block_depth, a third of an L2 cache
constexpr int64_t parallel_work = 1 << 16;  // multiply-adds worth a thread

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Per thread: a block of a, and for packing_gemm a block of b. Grows, never shrinks.
float* scratch(int which, int64_t n) {
  thread_local AlignedFloats buffer[2];
  thread_local int64_t size[2] = {};
  if (size[which] < n) {
    buffer[which] = aligned_floats(n);
    size[which] = buffer[which] ? n : 0;
  }
  return buffer[which].get();
}

/// Copies rows [row, row + rows) and depth [from, from + depth) of op(a) as the tiles want them: row by row, or, when a
/// is transposed, in strips of max_rows columns.
void copy_block(const Product<float>& p, int64_t row, int64_t rows, int64_t from, int64_t depth, int64_t strip,
                float* to) {
  if (!p.transpose_a) {
    for (int64_t i = 0; i < rows; ++i) std::copy_n(p.a + (row + i) * p.lda + from, depth, to + i * row_stride);
    return;
  }
  const int64_t max_rows = tile_kernels().max_rows;
  for (int64_t i = 0; i < rows; i += strip) {
    const int64_t columns = std::min(strip, rows - i);
    float* out = to + i / strip * max_rows * depth;
    for (int64_t k = 0; k < depth; ++k) std::copy_n(p.a + (from + k) * p.lda + row + i, columns, out + k * max_rows);
  }
}

/// One block of a, copied, times the panels of b at `packed` (rows `from` on, of k_total).
struct BlockProduct {
  const float* a;
  int64_t row, rows, strip, from, depth;
  const float* packed;
  int64_t k_total, first_panel, last_panel;
};

void multiply_block(const Product<float>& p, const BlockProduct& block) {
  const TileKernels& kernels = tile_kernels();
  Tile tile;
  tile.ldy = p.ldy;
  tile.k = block.depth;
  tile.alpha = p.alpha;
  tile.beta = block.from == 0 ? p.beta : 1;
  for (int64_t panel = block.first_panel; panel < block.last_panel; ++panel) {
    tile.b = block.packed + ((panel - block.first_panel) * block.k_total + block.from) * kernels.width;
    tile.columns = static_cast<int>(std::min<int64_t>(kernels.width, p.n - panel * kernels.width));
    for (int64_t i = 0; i < block.rows; i += block.strip) {
      tile.rows = static_cast<int>(std::min(block.strip, block.rows - i));
      tile.y = p.y + (block.row + i) * p.ldy + panel * kernels.width;
      tile.a = block.a + (p.transpose_a ? i / block.strip * kernels.max_rows * block.depth : i * row_stride);
      (p.transpose_a ? kernels.columns_of_a : kernels.rows_of_a)(tile);
    }
  }
}

/// Rows [row, row + rows) times panels [first, last); `packed` is where panel `first` starts.
void multiply_range(const Product<float>& p, int64_t row, int64_t rows, int64_t first, int64_t last,
                    const float* packed) {
  const int64_t max_rows = tile_kernels().max_rows;
  const int64_t blocks = divide_up(rows, block_rows);
  const int64_t depths = divide_up(p.k, block_depth);
  const int64_t depth = divide_up(p.k, depths);
  float* const copy = scratch(0, (block_rows + max_rows) * row_stride);
  for (int64_t from = 0; from < p.k; from += depth) {
    for (int64_t b = 0; b < blocks; ++b) {
      BlockProduct block;
      block.row = row + rows * b / blocks;
      block.rows = row + rows * (b + 1) / blocks - block.row;
      block.strip = divide_up(block.rows, divide_up(block.rows, max_rows));
      block.from = from;
      block.depth = std::min(depth, p.k - from);
      copy_block(p, block.row, block.rows, from, block.depth, block.strip, copy);
      block.a = copy;
      block.packed = packed;
      block.k_total = p.k;
      block.first_panel = first;
      block.last_panel = last;
      multiply_block(p, block);
    }
  }
}

/// How the tiles of y are dealt out: `down` x `across` parts, one a thread, so that the largest part is as small as can
/// be.
struct Grid {
  int64_t down, across;
};

Grid grid_of(const Product<float>& p) {
  const int64_t most = std::clamp<int64_t>(p.m * p.n * p.k / parallel_work, 1, pool_threads());
  const int64_t tiles = divide_up(p.m, tile_kernels().max_rows), panels = panels_of(p.n);
  Grid best{1, 1};
  int64_t best_cost = tiles * panels;
  for (int64_t across = most; across >= 1; --across) {
    const int64_t down = std::min(most / across, tiles);
    const int64_t cost = divide_up(tiles, down) * divide_up(panels, across);
    if (cost < best_cost) best = {down, across}, best_cost = cost;
  }
  return best;
}

/// Calls f(row, rows, first panel, last panel) for each part of the grid.
template <class F>
void for_each_part(const Product<float>& p, F&& f) {
  const Grid grid = grid_of(p);
  const int64_t panels = panels_of(p.n), unit = tile_kernels().max_rows, units = divide_up(p.m, unit);
  run_tasks(static_cast<int>(grid.down * grid.across), [&](int task) {
    const int64_t i = task / grid.across, j = task % grid.across;
    const int64_t row = units * i / grid.down * unit, end = std::min(p.m, units * (i + 1) / grid.down * unit);
    const int64_t first = panels * j / grid.across, last = panels * (j + 1) / grid.across;
    if (row < end && first < last) f(row, end - row, first, last);
  });
}

/// Some panels at a time, so that a row of b is read in long runs.
void pack_plain(const Product<float>& p, int64_t first, int64_t last, float* to) {
  constexpr int64_t at_once = 16;
  const int64_t width = panel_width(), panel_size = width * p.k, whole = std::min(last, p.n / width);
  for (int64_t from = first; from < whole; from += at_once) {
    const int64_t panels = std::min(at_once, whole - from);
    for (int64_t k = 0; k < p.k; ++k)
      tile_kernels().pack_row(p.b + k * p.ldb + from * width, panels, panel_size,
                              to + (from - first) * panel_size + k * width);
  }
  if (whole == last) return;
  const int64_t columns = p.n - whole * width;
  float* out = to + (whole - first) * panel_size;
  for (int64_t k = 0; k < p.k; ++k, out += width) {
    std::copy_n(p.b + k * p.ldb + whole * width, columns, out);
    std::fill(out + columns, out + width, 0.0f);
  }
}

}  // namespace

int64_t panel_width() { return tile_kernels().width; }

void pack_panels(const Product<float>& p, int64_t first, int64_t last, float* to) {
  if (!p.transpose_b) return pack_plain(p, first, last, to);
  const int64_t width = panel_width();
  for (int64_t panel = first; panel < last; ++panel, to += width * p.k) {
    const int columns = static_cast<int>(std::min(width, p.n - panel * width));
    tile_kernels().pack_transposed(p.b + panel * width * p.ldb, p.ldb, p.k, columns, to);
  }
}

void pack_all(const Product<float>& p, float* to) {
  const int64_t panel = p.k * panel_width();
  parallel_for(panels_of(p.n), parallel_work / panel + 1,
               [&](int64_t first, int64_t last) { pack_panels(p, first, last, to + first * panel); });
}

void packed_gemm(const Product<float>& p, const float* packed) {
  for_each_part(p, [&](int64_t row, int64_t rows, int64_t first, int64_t last) {
    multiply_range(p, row, rows, first, last, packed + first * p.k * panel_width());
  });
}

void packing_gemm(const Product<float>& p) {
  const int64_t panel = p.k * panel_width();
  const int64_t at_once = std::clamp<int64_t>((int64_t{1} << 18) / panel, 1, panels_of(p.n));
  for_each_part(p, [&](int64_t row, int64_t rows, int64_t first, int64_t last) {
    for (int64_t from = first; from < last; from += at_once) {
      const int64_t to = std::min(last, from + at_once);
      float* const packed = scratch(1, at_once * panel);
      pack_panels(p, from, to, packed);
      multiply_range(p, row, rows, from, to, packed);
    }
  });
}

}  // namespace grus::cpu
