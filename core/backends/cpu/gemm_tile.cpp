#include "core/backends/cpu/gemm_tile.h"

#include <algorithm>
#include <array>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/backends/cpu/gemm_tile.cpp"
#include "core/backends/cpu/simd_targets.h"

#include <hwy/foreach_target.h>  // keep before highway.h

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace grus::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A tile of y lives in registers: 24 or 12 sums, two vectors of b, one broadcast element of a.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int max_rows = 12;
#else
constexpr int max_rows = 6;
#endif

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr int lanes = static_cast<int>(hn::MaxLanes(D()));
constexpr int width = 2 * lanes;

template <int rows>
struct Sums {
  V left[rows], right[rows];
};

template <int rows, bool columns_of_a>
HWY_INLINE void add_step(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, Sums<rows>& sums) {
  const D d;
  const V left = hn::Load(d, b);
  const V right = hn::Load(d, b + lanes);
  for (int i = 0; i < rows; ++i) {
    const V element = hn::Set(d, columns_of_a ? a[i] : a[i * row_stride]);
    sums.left[i] = hn::MulAdd(element, left, sums.left[i]);
    sums.right[i] = hn::MulAdd(element, right, sums.right[i]);
  }
}

/// Few rows give too few independent sums to fill the pipes: then every unroll-th step has sums of its own.
template <int rows, bool columns_of_a>
HWY_INLINE void multiply(const Tile& tile, Sums<rows>& sums) {
  constexpr int unroll = rows == 1 ? 4 : rows <= 3 ? 2 : 1;
  constexpr int64_t a_step = columns_of_a ? max_rows : 1;
  const D d;
  Sums<rows> parts[unroll];
  for (int u = 0; u < unroll; ++u)
    for (int i = 0; i < rows; ++i) parts[u].left[i] = parts[u].right[i] = hn::Zero(d);
  const float* HWY_RESTRICT a = tile.a;
  const float* HWY_RESTRICT b = tile.b;
  int64_t k = tile.k;
  for (; k >= unroll; k -= unroll) {
    for (int u = 0; u < unroll; ++u) add_step<rows, columns_of_a>(a + u * a_step, b + u * width, parts[u]);
    a += unroll * a_step;
    b += unroll * width;
  }
  for (int u = 0; u < static_cast<int>(k); ++u) add_step<rows, columns_of_a>(a + u * a_step, b + u * width, parts[0]);
  sums = parts[0];
  for (int u = 1; u < unroll; ++u) {
    for (int i = 0; i < rows; ++i) {
      sums.left[i] = hn::Add(sums.left[i], parts[u].left[i]);
      sums.right[i] = hn::Add(sums.right[i], parts[u].right[i]);
    }
  }
}

HWY_INLINE V scaled(V sum, const float* y, float alpha, float beta) {
  const D d;
  if (alpha != 1) sum = hn::Mul(sum, hn::Set(d, alpha));
  if (beta == 1) return hn::Add(sum, hn::LoadU(d, y));
  return beta == 0 ? sum : hn::MulAdd(hn::Set(d, beta), hn::LoadU(d, y), sum);
}

/// Columns beyond the edge of y go through a buffer.
template <int rows>
HWY_NOINLINE void store_edge(const Tile& tile, const Sums<rows>& sums) {
  const D d;
  HWY_ALIGN float buffer[width];
  for (int i = 0; i < rows; ++i) {
    float* const y = tile.y + i * tile.ldy;
    for (int j = 0; j < tile.columns; ++j) buffer[j] = tile.beta == 0 ? 0 : y[j];
    for (int j = tile.columns; j < width; ++j) buffer[j] = 0;
    hn::Store(scaled(sums.left[i], buffer, tile.alpha, tile.beta), d, buffer);
    hn::Store(scaled(sums.right[i], buffer + lanes, tile.alpha, tile.beta), d, buffer + lanes);
    std::copy_n(buffer, tile.columns, y);
  }
}

template <int rows, bool columns_of_a>
HWY_NOINLINE void run_tile(const Tile& tile) {
  const D d;
  Sums<rows> sums;
  multiply<rows, columns_of_a>(tile, sums);
  if (tile.columns < width) return store_edge<rows>(tile, sums);
  for (int i = 0; i < rows; ++i) {
    float* const y = tile.y + i * tile.ldy;
    hn::StoreU(scaled(sums.left[i], y, tile.alpha, tile.beta), d, y);
    hn::StoreU(scaled(sums.right[i], y + lanes, tile.alpha, tile.beta), d, y + lanes);
  }
}

template <bool columns_of_a, size_t... rows>
constexpr std::array<void (*)(const Tile&), sizeof...(rows)> tile_functions(std::index_sequence<rows...>) {
  return {run_tile<static_cast<int>(rows) + 1, columns_of_a>...};
}

template <bool columns_of_a>
void any_tile(const Tile& tile) {
  static constexpr auto functions = tile_functions<columns_of_a>(std::make_index_sequence<max_rows>());
  functions[static_cast<size_t>(tile.rows - 1)](tile);
}

#if HWY_TARGET != HWY_SCALAR
/// 16 bytes from each of `lanes` / 4 rows, four rows apart, side by side.
HWY_INLINE hn::Vec<hn::FixedTag<float, 4>> load_blocks(hn::FixedTag<float, 4> d, const float* b, int64_t) {
  return hn::LoadU(d, b);
}
template <class D2>
HWY_INLINE hn::Vec<D2> load_blocks(D2 d, const float* b, int64_t ldb) {
  const hn::Half<D2> half;
  constexpr int64_t rows = static_cast<int64_t>(hn::MaxLanes(half));
  return hn::Combine(d, load_blocks(half, b + rows * ldb, ldb), load_blocks(half, b, ldb));
}

/// to[t * width + j] = b[j * ldb + t] for t < 4, j < lanes.
HWY_INLINE void transpose_four(const float* b, int64_t ldb, float* to) {
  const D d;
  const hn::RepartitionToWide<D> wide;
  const V a0 = load_blocks(d, b, ldb), a1 = load_blocks(d, b + ldb, ldb);
  const V a2 = load_blocks(d, b + 2 * ldb, ldb), a3 = load_blocks(d, b + 3 * ldb, ldb);
  const auto b0 = hn::BitCast(wide, hn::InterleaveLower(d, a0, a1)),
             b1 = hn::BitCast(wide, hn::InterleaveLower(d, a2, a3));
  const auto c0 = hn::BitCast(wide, hn::InterleaveUpper(d, a0, a1)),
             c1 = hn::BitCast(wide, hn::InterleaveUpper(d, a2, a3));
  hn::Store(hn::BitCast(d, hn::InterleaveLower(wide, b0, b1)), d, to);
  hn::Store(hn::BitCast(d, hn::InterleaveUpper(wide, b0, b1)), d, to + width);
  hn::Store(hn::BitCast(d, hn::InterleaveLower(wide, c0, c1)), d, to + 2 * width);
  hn::Store(hn::BitCast(d, hn::InterleaveUpper(wide, c0, c1)), d, to + 3 * width);
}
#endif

void pack_transposed(const float* b, int64_t ldb, int64_t k, int columns, float* to) {
  [[maybe_unused]] constexpr int64_t line = 16;  // floats: what is read of a row while it is in the cache
  int64_t whole = 0;
#if HWY_TARGET != HWY_SCALAR
  if (columns == width) whole = k / 4 * 4;
  for (int64_t from = 0; from < whole; from += line)
    for (int half = 0; half < width; half += lanes)
      for (int64_t kk = from; kk < std::min(from + line, whole); kk += 4)
        transpose_four(b + half * ldb + kk, ldb, to + kk * width + half);
#endif
  for (int64_t kk = whole; kk < k; ++kk)
    for (int j = 0; j < width; ++j) to[kk * width + j] = j < columns ? b[j * ldb + kk] : 0.0f;
}

void pack_row(const float* b, int64_t panels, int64_t panel_size, float* to) {
  const D d;
  for (; panels > 0; --panels, b += width, to += panel_size) {
    hn::Store(hn::LoadU(d, b), d, to);
    hn::Store(hn::LoadU(d, b + lanes), d, to + lanes);
  }
}

const TileKernels* kernels() {
  static constexpr TileKernels kernels{max_rows, width, any_tile<false>, any_tile<true>, pack_row, pack_transposed};
  return &kernels;
}

}  // namespace grus::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grus::cpu {

HWY_EXPORT(kernels);

const TileKernels& tile_kernels() {
  static const TileKernels& kernels = *HWY_DYNAMIC_DISPATCH(kernels)();
  return kernels;
}

}  // namespace grus::cpu
#endif
