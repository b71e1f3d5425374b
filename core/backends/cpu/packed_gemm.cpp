#include "core/backends/cpu/packed_gemm.h"

#include <algorithm>
#include <vector>

#include "core/backends/cpu/aligned_floats.h"
#include "core/backends/cpu/gemm_tile.h"
#include "core/backends/cpu/kernel_choice.h"
#include "core/base/thread_pool.h"
#include "core/base/use_only.h"

namespace grus::cpu {
namespace {

constexpr int64_t block_rows = 144;         // rows of a copied at a time: with block_words, a third of an L2 cache
constexpr int64_t parallel_work = 1 << 16;  // multiply-adds that are worth a thread

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

const TileKernels& kernels_for(Precision precision) {
  if (precision == Precision::f32) return f32_tile_kernels();
  if constexpr (!use_only)  // f16 is for training, as on GPUs: in use bf16 takes as much memory, and is quicker
    if (precision == Precision::f16) return f16_tile_kernels();
  return precision == Precision::int8 ? *kernel_choice().int8 : *kernel_choice().bf16;
}

const TileKernels& kernels_for(const Product<float>& p) { return p.tiles ? *p.tiles : kernels_for(p.precision); }

int64_t multiple(int64_t a, int64_t b) { return divide_up(a, b) * b; }

/// Words that hold k elements, and words of a panel, of which the last ones may be 0.
int64_t used_words(const TileKernels& kernels, int64_t k) { return divide_up(k, kernels.in_word); }
int64_t words_of(const Product<float>& p) {
  return multiple(used_words(kernels_for(p), p.k), kernels_for(p).words_at_once);
}
int64_t panels_of(const Product<float>& p) { return divide_up(p.n, kernels_for(p).width); }
/// Floats that a panel takes, or one of fewer words.
int64_t panel_size_of(const Product<float>& p, int64_t words) {
  return words * kernels_for(p).panel_row + divide_up(p.k, int8_depth) * kernels_for(p).head;
}
int64_t panel_size_of(const Product<float>& p) { return panel_size_of(p, words_of(p)); }
/// Words of k that are multiplied at a time: as many in each block, but for int8.
int64_t words_of_block(const Product<float>& p) {
  const TileKernels& kernels = kernels_for(p);
  const int64_t total = words_of(p);
  if (kernels.head > 0) return int8_depth / kernels.in_word;
  return multiple(divide_up(total, divide_up(total, block_words)), kernels.words_at_once);
}

/// Memory of the calling thread, which grows and never shrinks: a block of a, for packing_gemm a part of b, and a
/// panel's part that was widened.
float* scratch(int which, int64_t n) {
  thread_local AlignedFloats buffer[3];
  thread_local int64_t size[3] = {};
  if (size[which] < n) {
    buffer[which].reset();
    buffer[which] = aligned_floats(n);
    size[which] = buffer[which] ? n : 0;
  }
  return buffer[which].get();
}

/// A BlockProduct is a copied block of a times the panels of b at `packed`: words [from, from + words), which begin
/// `place` floats behind the beginning of a panel. Strips are the sets of rows that one tile takes.
struct BlockProduct {
  const float* a;
  int64_t row, rows, strip, from, words;
  const float* packed;
  int64_t place, first_panel, last_panel;
};

/// Copies the block's part of op(a) as the tiles want it: row by row, or, when a is transposed, in strips of columns.
void copy_block(const Product<float>& p, const BlockProduct& block, float* to) {
  const TileKernels& kernels = kernels_for(p);
  const int64_t from = block.from * kernels.in_word, k = std::min(block.words * kernels.in_word, p.k - from);
  if (p.transpose_a) return kernels.copy_columns(p.a + from * p.lda + block.row, p.lda, block.rows, k, block.strip, to);
  kernels.copy_rows(p.a + block.row * p.lda + from, p.lda, block.rows, k, to);
  if (const int64_t used = used_words(kernels, k); used < block.words)
    for (int64_t i = 0; i < block.rows; ++i)
      std::fill(to + i * row_stride + used, to + i * row_stride + block.words, 0.0f);
}

/// From the third strip on it costs less to widen a panel once than in each tile.
bool widens_once(const TileKernels& kernels, const BlockProduct& block) {
  return kernels.widen && block.rows > 2 * block.strip;
}

void multiply_block(const Product<float>& p, const BlockProduct& block) {
  const bool widens = widens_once(kernels_for(p), block);
  const TileKernels& kernels = widens ? f32_tile_kernels() : kernels_for(p);
  float* const wide = widens ? scratch(2, block_words * kernels.width) : nullptr;
  const int64_t panel_size = panel_size_of(p);
  Tile tile;
  const bool first = block.from == 0;
  tile.ldy = p.ldy;
  tile.ldc = first ? p.ldc : p.ldy;
  tile.words = block.words;
  tile.alpha = p.alpha;
  tile.beta = first ? p.beta : 1;
  if (kernels.begin) kernels.begin(static_cast<int>(block.strip));
  for (int64_t panel = block.first_panel; panel < block.last_panel; ++panel) {
    tile.b = block.packed + (panel - block.first_panel) * panel_size + block.place;
    if (widens) kernels_for(p).widen(tile.b, block.words, wide), tile.b = wide;
    tile.columns = static_cast<int>(std::min<int64_t>(kernels.width, p.n - panel * kernels.width));
    for (int64_t i = 0; i < block.rows; i += block.strip) {
      tile.rows = static_cast<int>(std::min(block.strip, block.rows - i));
      tile.y = p.y + (block.row + i) * p.ldy + panel * kernels.width;
      tile.c = first ? p.c + (block.row + i) * p.ldc + panel * kernels.width : tile.y;
      tile.a = block.a + (p.transpose_a ? i / block.strip * kernels.max_rows * block.words : i * row_stride);
      (p.transpose_a ? kernels.columns_of_a : kernels.rows_of_a)(tile);
    }
  }
  if (kernels.end) kernels.end();
}

/// Multiplies rows [row, row + rows) by panels [first, last); `packed` is where panel `first` starts.
void multiply_range(const Product<float>& p, int64_t row, int64_t rows, int64_t first, int64_t last,
                    const float* packed) {
  const int64_t max_rows = kernels_for(p).max_rows;
  const int64_t blocks = divide_up(rows, block_rows);
  const int64_t total = words_of(p), words = words_of_block(p);
  float* const copy = scratch(0, (block_rows + max_rows) * row_stride);
  for (int64_t from = 0; from < total; from += words) {
    for (int64_t b = 0; b < blocks; ++b) {
      BlockProduct block;
      block.row = row + rows * b / blocks;
      block.rows = row + rows * (b + 1) / blocks - block.row;
      block.strip = divide_up(block.rows, divide_up(block.rows, max_rows));
      block.from = from;
      block.words = std::min(words, total - from);
      block.a = copy;
      block.packed = packed;
      block.place = from * kernels_for(p).panel_row + from / words * kernels_for(p).head;
      block.first_panel = first;
      block.last_panel = last;
      copy_block(p, block, copy);
      multiply_block(p, block);
    }
  }
}

/// The tiles of y are dealt out in `down` x `across` parts, one a thread, which make the largest part smallest.
struct Grid {
  int64_t down, across;
};

Grid grid_of(const Product<float>& p) {
  const int64_t most = std::clamp<int64_t>(p.m * p.n * p.k / parallel_work, 1, threads_here());
  const int64_t tiles = divide_up(p.m, kernels_for(p).max_rows), panels = panels_of(p);
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
  const int64_t panels = panels_of(p), unit = kernels_for(p).max_rows, units = divide_up(p.m, unit);
  run_tasks(static_cast<int>(grid.down * grid.across), [&](int task) {
    const int64_t i = task / grid.across, j = task % grid.across;
    const int64_t row = units * i / grid.down * unit, end = std::min(p.m, units * (i + 1) / grid.down * unit);
    const int64_t first = panels * j / grid.across, last = panels * (j + 1) / grid.across;
    if (row < end && first < last) f(row, end - row, first, last);
  });
}

/// Packs the last panel of a plain b, which has fewer columns than a panel.
void pack_edge(const Product<float>& p, float* to) {
  const TileKernels& kernels = kernels_for(p);
  const int64_t width = kernels.width, from = p.n / width * width;
  std::vector<float> rows(static_cast<size_t>(kernels.in_word * width), 0.0f);
  for (int64_t k = 0; k < p.k; k += kernels.in_word, to += kernels.panel_row) {
    const int64_t count = std::min<int64_t>(kernels.in_word, p.k - k);
    for (int64_t i = 0; i < count; ++i) std::copy_n(p.b + (k + i) * p.ldb + from, p.n - from, rows.data() + i * width);
    kernels.pack_rows(rows.data(), width, count, 1, 0, to);
  }
}

/// Packs some panels at a time, so that a row of b is read in long runs.
void pack_plain(const Product<float>& p, int64_t first, int64_t last, float* to) {
  constexpr int64_t at_once = 16;
  const int64_t width = kernels_for(p).width, panel_size = panel_size_of(p), whole = std::min(last, p.n / width);
  for (int64_t from = first; from < whole; from += at_once)
    kernels_for(p).pack_rows(p.b + from * width, p.ldb, p.k, std::min(at_once, whole - from), panel_size,
                             to + (from - first) * panel_size);
  if (whole < last) pack_edge(p, to + (whole - first) * panel_size);
}

/// Packs panels of a plain b from a copy of its columns, each in one run.
void pack_columns(const Product<float>& p, int64_t first, int64_t last, float* to) {
  const int64_t width = kernels_for(p).width;
  std::vector<float> turned(static_cast<size_t>(width * p.k));
  for (int64_t panel = first; panel < last; ++panel, to += panel_size_of(p)) {
    const int64_t columns = std::min(width, p.n - panel * width);
    for (int64_t k = 0; k < p.k; ++k)
      for (int64_t j = 0; j < columns; ++j)
        turned[static_cast<size_t>(j * p.k + k)] = p.b[k * p.ldb + panel * width + j];
    kernels_for(p).pack_transposed(turned.data(), p.k, p.k, static_cast<int>(columns), to);
  }
}

void pack_used_words(const Product<float>& p, int64_t first, int64_t last, float* to) {
  if (!p.transpose_b && !kernels_for(p).pack_rows) return pack_columns(p, first, last, to);
  if (!p.transpose_b) return pack_plain(p, first, last, to);
  const int64_t width = kernels_for(p).width;
  for (int64_t panel = first; panel < last; ++panel, to += panel_size_of(p)) {
    const int columns = static_cast<int>(std::min(width, p.n - panel * width));
    kernels_for(p).pack_transposed(p.b + panel * width * p.ldb, p.ldb, p.k, columns, to);
  }
}

void pack_panels(const Product<float>& p, int64_t first, int64_t last, float* to) {
  pack_used_words(p, first, last, to);
  const int64_t size = panel_size_of(p), used = panel_size_of(p, used_words(kernels_for(p), p.k));
  for (int64_t panel = first; panel < last; ++panel, to += size) std::fill(to + used, to + size, 0.0f);
}

}  // namespace

const char* products_by(Precision precision) { return kernels_for(precision).instructions; }
int64_t panel_width(Precision precision) { return kernels_for(precision).width; }
int64_t packed_elements(const Product<float>& p) { return panels_of(p) * panel_size_of(p); }

void pack_all(const Product<float>& p, float* to) {
  const int64_t panel = panel_size_of(p);
  parallel_for(panels_of(p), parallel_work / panel + 1,
               [&](int64_t first, int64_t last) { pack_panels(p, first, last, to + first * panel); });
}

void packed_gemm(const Product<float>& p, const float* packed) {
  const int64_t panel = panel_size_of(p);
  for_each_part(p, [&](int64_t row, int64_t rows, int64_t first, int64_t last) {
    multiply_range(p, row, rows, first, last, packed + first * panel);
  });
}

int64_t depth_at_once(const Product<float>& p) { return 4 * block_words * kernels_for(p).in_word; }

bool packing_gemm(const Product<float>& p) {
  constexpr int64_t most_floats = 1 << 20;
  Product<float> largest = p;
  const int64_t depth = largest.k = std::min(p.k, depth_at_once(p));
  const int64_t columns = std::max<int64_t>(1, most_floats / panel_size_of(largest)) * kernels_for(p).width;
  largest.n = std::min(columns, p.n);
  float* const packed = scratch(1, packed_elements(largest));
  if (!packed) return false;
  for (int64_t from = 0; from < p.k; from += depth)
    for (int64_t column = 0; column < p.n; column += columns) {
      Product<float> part = part_of(p, 0, p.m, column, std::min(columns, p.n - column));
      part.k = std::min(depth, p.k - from);
      part.a += p.transpose_a ? from * p.lda : from;
      part.b += p.transpose_b ? from : from * p.ldb;
      if (from > 0) {
        part.beta = 1;
        part.c = part.y;
        part.ldc = part.ldy;
      }
      pack_all(part, packed);
      packed_gemm(part, packed);
    }
  return true;
}

}  // namespace grus::cpu
