// The register tile (gemm_tile.h) over AMX's tiles: eight registers of 16 rows of 64 bytes. A product of 32 x 32 takes
// all of them: four hold sums, two the words of 32 rows of a, two those of 32 columns of b, and each step adds 16 words
// of k. What the CPU must do are six operations, which `Tiles` supplies:
//   configure(rows)    rows of the sums, and of a, at most 32; all eight registers are 0 then
//   zero<t>()          sums of register t
//   load<t>(from, stride), store<t>(to, stride)    rows of 16 words, `stride` words apart
//   add<sum, a, b>()   sum += a b, words of two bf16 or of four integers each
//   release()
// with finish(tile, sums), which makes y of the sums (32, 32), and `head`, the floats before b's words.
// It is included behind <algorithm> and gemm_tile.h.

namespace grus::cpu::amx {

/// Rows of a register, and words of a row.
inline constexpr int tile_side = 16;
inline constexpr int max_rows = 2 * tile_side, width = 2 * tile_side;

/// Words of 16 k for a strip of max_rows rows of a^T lie side by side, row by row.
inline constexpr int64_t chunk = int64_t{max_rows} * tile_side;

template <class Tiles, bool low_rows, bool right_columns>
void add_words(const float* a, int64_t a_stride, const float* b) {
  Tiles::template load<4>(a, a_stride);
  Tiles::template load<6>(b, width);
  Tiles::template add<0, 4, 6>();
  if constexpr (right_columns) {
    Tiles::template load<7>(b + tile_side, width);
    Tiles::template add<1, 4, 7>();
  }
  if constexpr (low_rows) {
    Tiles::template load<5>(a + tile_side * a_stride, a_stride);
    Tiles::template add<2, 5, 6>();
    if constexpr (right_columns) Tiles::template add<3, 5, 7>();
  }
}

/// Sums (32, 32) of products; only the parts that are asked for.
template <class Tiles, bool low_rows, bool right_columns>
void multiply(const Tile& tile, int64_t a_stride, int64_t a_step, float* sums) {
  Tiles::template zero<0>();
  Tiles::template zero<1>();
  if constexpr (low_rows) {
    Tiles::template zero<2>();
    Tiles::template zero<3>();
  }
  const float *a = tile.a, *b = tile.b + Tiles::head;
  for (int64_t w = 0; w < tile.words; w += tile_side, a += a_step, b += tile_side * width)
    add_words<Tiles, low_rows, right_columns>(a, a_stride, b);
  Tiles::template store<0>(sums, width);
  if constexpr (right_columns) Tiles::template store<1>(sums + tile_side, width);
  if constexpr (low_rows) {
    Tiles::template store<2>(sums + tile_side * width, width);
    if constexpr (right_columns) Tiles::template store<3>(sums + tile_side * width + tile_side, width);
  }
}

/// y = alpha sums + beta c, of bf16. It is a template so that each file has it for its own instructions.
template <class Tiles>
void finish_floats(const Tile& tile, const float* sums) {
  for (int i = 0; i < tile.rows; ++i, sums += width) {
    float* const y = tile.y + i * tile.ldy;
    const float* const c = tile.c + i * tile.ldc;
    if (tile.beta == 0)
      for (int j = 0; j < tile.columns; ++j) y[j] = tile.alpha * sums[j];
    else
      for (int j = 0; j < tile.columns; ++j) y[j] = tile.alpha * sums[j] + tile.beta * c[j];
  }
}

template <class Tiles, bool columns_of_a>
void run_tile(const Tile& tile) {
  constexpr int64_t a_stride = columns_of_a ? tile_side : row_stride, a_step = columns_of_a ? chunk : tile_side;
  alignas(64) float sums[max_rows * width];
  const bool low_rows = tile.rows > tile_side, right_columns = tile.columns > tile_side;
  const auto multiply_parts = low_rows ? right_columns ? multiply<Tiles, true, true> : multiply<Tiles, true, false>
                              : right_columns ? multiply<Tiles, false, true>
                                              : multiply<Tiles, false, false>;
  multiply_parts(tile, a_stride, a_step, sums);
  Tiles::finish(tile, sums);
}

/// TileKernels::copy_columns of bf16. `Words::turn(a, lda, columns, k, to)` makes up to 32 words of k of up to 32
/// columns of a: word (w, i) at i * 32 + w, and 0 beyond k.
template <class Words>
void copy_columns(const float* a, int64_t lda, int64_t columns, int64_t k, int64_t strip, float* to) {
  constexpr int64_t words_at_once = 2 * tile_side;
  alignas(64) float turned[max_rows * words_at_once];
  const int64_t words = (k + 2 * tile_side - 1) / (2 * tile_side) * tile_side;
  for (int64_t first = 0; first < columns; first += strip, to += words * max_rows) {
    const int64_t rows = std::min(strip, columns - first);
    for (int64_t w = 0; w < words; w += words_at_once) {
      Words::turn(a + 2 * w * lda + first, lda, rows, std::min(2 * words_at_once, k - 2 * w), turned);
      for (int64_t half = w; half < std::min(w + words_at_once, words); half += tile_side)
        for (int64_t i = 0; i < rows; ++i)
          std::copy_n(turned + i * words_at_once + half - w, tile_side, to + half * max_rows + i * tile_side);
    }
  }
}

}  // namespace grus::cpu::amx
