// The register tile for any kind of words (gemm_tile.h). Each file that has a kind includes this one inside its
// instruction set's region, after highway.h, <algorithm>, <array>, <utility>, gemm_tile.h and use_only.h.
// `Words::load(row, j)` is the vector of b's words from column j of a panel's row, `Words::panel_row` the floats that a
// row takes, `Words::head` those before the first row, `Words::add(a, b, sum)` sum plus the product of two vectors of
// words, `Words::join(a, b)` the sum of two sums, and `Words::result` what is stored of a sum. Sums that are no floats
// lie in their bits.

namespace grus::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A tile of y lives in registers: 24 or 12 sums, two vectors of b, one broadcast word of a. WebAssembly has no product
// with its sum and an engine keeps one register for itself: 10 sums, two vectors, a word and a product fit there.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int max_rows = 12;
#elif HWY_TARGET == HWY_WASM
constexpr int max_rows = 5;
#else
constexpr int max_rows = 6;
#endif

/// Returns the steps of k that have sums of their own, which are joined at the end: few rows alone do not fill the
/// pipes.
#if HWY_TARGET == HWY_WASM
constexpr int steps_at_once(int rows) { return rows == 1 ? 2 : 1; }
#else
constexpr int steps_at_once(int rows) { return rows == 1 ? 4 : rows <= 3 ? 2 : 1; }
#endif

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr int lanes = static_cast<int>(hn::MaxLanes(D()));
constexpr int width = 2 * lanes;

template <int rows>
struct Sums {
  HWY_INLINE Sums() {}  // an implied one is compiled for the oldest CPU
  V left[rows], right[rows];
};

/// Words of one f32 each.
struct F32Words {
  static constexpr int panel_row = width, head = 0;
  static HWY_INLINE V load(const float* row, int column) { return hn::Load(D(), row + column); }
  static HWY_INLINE V add(V a, V b, V sum) { return hn::MulAdd(a, b, sum); }
  static HWY_INLINE V join(V a, V b) { return hn::Add(a, b); }
  /// alpha sum + beta c.
  static HWY_INLINE V result(const Tile& tile, int /*row*/, int /*column*/, V sum, const float* c) {
    const D d;
    if (tile.alpha != 1) sum = hn::Mul(sum, hn::Set(d, tile.alpha));
    if (tile.beta == 1) return hn::Add(sum, hn::LoadU(d, c));
    return tile.beta == 0 ? sum : hn::MulAdd(hn::Set(d, tile.beta), hn::LoadU(d, c), sum);
  }
};

template <class Words, int rows, bool columns_of_a>
HWY_INLINE void add_step(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, Sums<rows>& sums) {
  const D d;
  const V left = Words::load(b, 0);
  const V right = Words::load(b, lanes);
  for (int i = 0; i < rows; ++i) {
    const V element = hn::Set(d, columns_of_a ? a[i] : a[i * row_stride]);
    sums.left[i] = Words::add(element, left, sums.left[i]);
    sums.right[i] = Words::add(element, right, sums.right[i]);
  }
}

template <class Words, int rows, bool columns_of_a>
HWY_INLINE void multiply(const Tile& tile, Sums<rows>& sums) {
  constexpr int unroll = steps_at_once(rows);
  constexpr int64_t a_step = columns_of_a ? max_rows : 1;
  const D d;
  Sums<rows> parts[unroll];
  for (int u = 0; u < unroll; ++u)
    for (int i = 0; i < rows; ++i) parts[u].left[i] = parts[u].right[i] = hn::Zero(d);
  const float* HWY_RESTRICT a = tile.a;
  const float* HWY_RESTRICT b = tile.b + Words::head;
  const float* const end = a + tile.words * a_step;
  for (const float* const whole = a + tile.words / unroll * unroll * a_step; a != whole;) {
    for (int u = 0; u < unroll; ++u)
      add_step<Words, rows, columns_of_a>(a + u * a_step, b + u * Words::panel_row, parts[u]);
    a += unroll * a_step;
    b += unroll * Words::panel_row;
  }
  for (; a != end; a += a_step, b += Words::panel_row) add_step<Words, rows, columns_of_a>(a, b, parts[0]);
  sums = parts[0];
  for (int u = 1; u < unroll; ++u) {
    for (int i = 0; i < rows; ++i) {
      sums.left[i] = Words::join(sums.left[i], parts[u].left[i]);
      sums.right[i] = Words::join(sums.right[i], parts[u].right[i]);
    }
  }
}

/// Columns beyond the edge of y go through a buffer.
template <class Words, int rows>
HWY_NOINLINE void store_edge(const Tile& tile, const Sums<rows>& sums) {
  const D d;
  HWY_ALIGN float buffer[width];
  for (int i = 0; i < rows; ++i) {
    float* const y = tile.y + i * tile.ldy;
    const float* const c = tile.c + i * tile.ldc;
    for (int j = 0; j < tile.columns; ++j) buffer[j] = tile.beta == 0 ? 0 : c[j];
    for (int j = tile.columns; j < width; ++j) buffer[j] = 0;
    hn::Store(Words::result(tile, i, 0, sums.left[i], buffer), d, buffer);
    hn::Store(Words::result(tile, i, lanes, sums.right[i], buffer + lanes), d, buffer + lanes);
    std::copy_n(buffer, tile.columns, y);
  }
}

template <class Words, int rows, bool columns_of_a>
HWY_NOINLINE void run_tile(const Tile& tile) {
  const D d;
  Sums<rows> sums;
  multiply<Words, rows, columns_of_a>(tile, sums);
  if (tile.columns < width) return store_edge<Words, rows>(tile, sums);
  for (int i = 0; i < rows; ++i) {
    float* const y = tile.y + i * tile.ldy;
    const float* const c = tile.c + i * tile.ldc;
    hn::StoreU(Words::result(tile, i, 0, sums.left[i], c), d, y);
    hn::StoreU(Words::result(tile, i, lanes, sums.right[i], c + lanes), d, y + lanes);
  }
}

template <class Words, bool columns_of_a, size_t... rows>
constexpr std::array<void (*)(const Tile&), sizeof...(rows)> tile_functions(std::index_sequence<rows...>) {
  return {run_tile<Words, static_cast<int>(rows) + 1, columns_of_a>...};
}

template <class Words, bool columns_of_a>
void any_tile(const Tile& tile) {
  static constexpr auto functions = tile_functions<Words, columns_of_a>(std::make_index_sequence<max_rows>());
  functions[static_cast<size_t>(tile.rows - 1)](tile);
}

/// Returns the tiles of a transposed a; null in a build for use, where gradients alone would ask for them.
template <class Words>
constexpr auto columns_tile() -> void (*)(const Tile&) {
  if constexpr (use_only) return nullptr;
  else return any_tile<Words, true>;
}

}  // namespace grus::cpu::HWY_NAMESPACE
