// The logic of AMX's register tile (gemm_tile_amx-inl.h) over its operations in plain C++, so that it runs on any CPU.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/backends/cpu/gemm_tile.h"
#include "core/backends/cpu/gemm_tile_amx-inl.h"
#include "core/backends/cpu/packed_gemm.h"
#include "core/device/device.h"
#include "tests/support/threads.h"

using namespace grus;
using cpu::Product;
using test::Threads;

namespace {

std::atomic<int> misuses = 0;  // operations that the CPU would answer with a fault

uint16_t to_bf16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  if (std::isnan(x)) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
float rounded(float x) { return std::bit_cast<float>(static_cast<uint32_t>(to_bf16(x)) << 16); }
float word_of(float low, float high) {
  return std::bit_cast<float>(static_cast<uint32_t>(to_bf16(high)) << 16 | to_bf16(low));
}
float half_of(float word, int half) {
  const uint32_t bits = std::bit_cast<uint32_t>(word);
  return std::bit_cast<float>(half == 0 ? bits << 16 : bits & 0xffff0000);
}

// Word is what add() multiplies: Word::add(sum, a, b).
template <class Word>
struct PlainTiles {
  static constexpr int side = cpu::amx::tile_side;
  struct State {
    float words[8][side][side];
    int rows[8] = {};
  };
  static State& state() {
    thread_local State state;
    return state;
  }
  static int rows(int t) {
    if (state().rows[t] == 0) ++misuses;
    return state().rows[t];
  }

  static void configure(int rows) {
    State& s = state();
    std::memset(s.words, 0xff, sizeof s.words);  // NaN, in what nobody asked for
    for (int t : {0, 1, 4}) s.rows[t] = std::min(rows, side);
    for (int t : {2, 3, 5}) s.rows[t] = std::max(rows - side, 0);
    for (int t : {6, 7}) s.rows[t] = side;
  }
  static void release() { std::fill_n(state().rows, 8, 0); }
  template <int t>
  static void zero() {
    for (int i = 0; i < rows(t); ++i) std::fill_n(state().words[t][i], side, 0.0f);
  }
  template <int t>
  static void load(const float* from, int64_t stride) {
    for (int i = 0; i < rows(t); ++i) std::copy_n(from + i * stride, side, state().words[t][i]);
  }
  template <int t>
  static void store(float* to, int64_t stride) {
    for (int i = 0; i < rows(t); ++i) std::copy_n(state().words[t][i], side, to + i * stride);
  }
  template <int sum, int a, int b>
  static void add() {
    State& s = state();
    if (rows(sum) != rows(a) || rows(b) != side) ++misuses;
    for (int i = 0; i < rows(sum); ++i)
      for (int j = 0; j < side; ++j)
        for (int w = 0; w < side; ++w)
          s.words[sum][i][j] = Word::add(s.words[sum][i][j], s.words[a][i][w], s.words[b][w][j]);
  }
};

struct Pair {
  static float add(float sum, float a, float b) {
    return sum + half_of(a, 0) * half_of(b, 0) + half_of(a, 1) * half_of(b, 1);
  }
};
struct Bf16Tiles : PlainTiles<Pair> {
  static constexpr int head = 0;
  static void finish(const cpu::Tile& tile, const float* sums) { cpu::amx::finish_floats<Bf16Tiles>(tile, sums); }
};

// a's integers are unsigned, and 128 too large; b's head has the columns' scales and -128 times their sums.
struct Quad {
  static float add(float sum, float a, float b) {
    auto total = std::bit_cast<int32_t>(sum);
    const auto left = std::bit_cast<std::array<uint8_t, 4>>(a);
    const auto right = std::bit_cast<std::array<int8_t, 4>>(b);
    for (size_t e = 0; e < 4; ++e) total += left[e] * right[e];
    return std::bit_cast<float>(total);
  }
};
struct Int8Tiles : PlainTiles<Quad> {
  static constexpr int head = 64;
  static void finish(const cpu::Tile& tile, const float* sums) {
    for (int i = 0; i < tile.rows; ++i)
      for (int j = 0; j < tile.columns; ++j) {
        const int32_t sum = std::bit_cast<int32_t>(sums[i * 32 + j]) + std::bit_cast<int32_t>(tile.b[32 + j]);
        const float of_row = tile.alpha * tile.a[i * cpu::row_stride + cpu::block_words];
        const volatile float product = static_cast<float>(sum) * (of_row * tile.b[j]);
        const volatile float before = tile.beta == 0 ? 0 : tile.beta * tile.c[i * tile.ldc + j];
        tile.y[i * tile.ldy + j] = tile.beta == 0 ? product : product + before;
      }
  }
};

// What copies both sides into words, one element at a time.
struct PlainWords {
  static void copy_rows(const float* a, int64_t lda, int64_t rows, int64_t k, float* to) {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t w = 0; 2 * w < k; ++w)
        to[i * cpu::row_stride + w] = word_of(a[i * lda + 2 * w], 2 * w + 1 < k ? a[i * lda + 2 * w + 1] : 0.0f);
  }
  static void turn(const float* a, int64_t lda, int64_t columns, int64_t k, float* to) {
    const auto at = [&](int64_t depth, int64_t i) { return depth < k ? a[depth * lda + i] : 0.0f; };
    for (int64_t i = 0; i < columns; ++i)
      for (int64_t w = 0; w < 32; ++w) to[i * 32 + w] = word_of(at(2 * w, i), at(2 * w + 1, i));
  }
  static void pack_rows(const float* b, int64_t ldb, int64_t k, int64_t panels, int64_t panel_size, float* to) {
    for (int64_t w = 0; 2 * w < k; ++w)
      for (int64_t j = 0; j < panels * 32; ++j) {
        const float* const at = b + 2 * w * ldb + j;
        to[j / 32 * panel_size + w * 32 + j % 32] = word_of(*at, 2 * w + 1 < k ? at[ldb] : 0.0f);
      }
  }
  static void pack_transposed(const float* b, int64_t ldb, int64_t k, int columns, float* to) {
    for (int64_t w = 0; 2 * w < k; ++w)
      for (int64_t j = 0; j < 32; ++j) {
        const float* const at = b + j * ldb + 2 * w;
        to[w * 32 + j] = j < columns ? word_of(*at, 2 * w + 1 < k ? at[1] : 0.0f) : 0.0f;
      }
  }
};

struct RoundedTile {
  float scale;
  std::vector<int> numbers;
};
RoundedTile rounded_row(const float* x, int64_t n, int64_t stride) {
  float largest = 0;
  for (int64_t i = 0; i < n; ++i) largest = std::max(largest, std::fabs(x[i * stride]));
  RoundedTile row{largest / 127, {}};
  for (int64_t i = 0; i < n; ++i) {
    const volatile float scaled = x[i * stride] * (127 / largest);
    row.numbers.push_back(static_cast<int>(std::nearbyint(scaled)));
  }
  return row;
}

struct PlainIntegers {
  static void copy_rows(const float* a, int64_t lda, int64_t rows, int64_t k, float* to) {
    for (int64_t i = 0; i < rows; ++i, to += cpu::row_stride) {
      const RoundedTile row = rounded_row(a + i * lda, k, 1);
      auto* const numbers = reinterpret_cast<uint8_t*>(to);
      for (int64_t t = 0; t < (k + 3) / 4 * 4; ++t)
        numbers[t] = static_cast<uint8_t>(128 + (t < k ? row.numbers[static_cast<size_t>(t)] : 0));
      to[cpu::block_words] = row.scale;
    }
  }
  static void pack_transposed(const float* b, int64_t ldb, int64_t k, int columns, float* to) {
    for (int j = 0; j < columns; ++j) {
      const RoundedTile column = rounded_row(b + j * ldb, k, 1);
      float* block = to;
      for (int64_t from = 0; from < k; from += cpu::int8_depth, block += 64 + cpu::int8_depth / 4 * 32) {
        int sum = 0;
        auto* const words = reinterpret_cast<int8_t*>(block + 64);
        for (int64_t t = 0; t < (std::min(cpu::int8_depth, k - from) + 3) / 4 * 4; ++t) {
          const int number = from + t < k ? column.numbers[static_cast<size_t>(from + t)] : 0;
          words[(t / 4 * 32 + j) * 4 + t % 4] = static_cast<int8_t>(number);
          sum += number;
        }
        block[j] = column.scale;
        block[32 + j] = std::bit_cast<float>(-128 * sum);
      }
    }
  }
};

const cpu::TileKernels integer_kernels{"plain",
                                       cpu::amx::max_rows,
                                       cpu::amx::width,
                                       cpu::amx::width,
                                       4,
                                       Int8Tiles::head,
                                       cpu::amx::run_tile<Int8Tiles, false>,
                                       nullptr,
                                       PlainIntegers::copy_rows,
                                       nullptr,
                                       nullptr,
                                       PlainIntegers::pack_transposed,
                                       nullptr,
                                       cpu::amx::tile_side,
                                       Int8Tiles::configure,
                                       Int8Tiles::release};

const cpu::TileKernels kernels{"plain",
                               cpu::amx::max_rows,
                               cpu::amx::width,
                               cpu::amx::width,
                               2,
                               0,
                               cpu::amx::run_tile<Bf16Tiles, false>,
                               cpu::amx::run_tile<Bf16Tiles, true>,
                               PlainWords::copy_rows,
                               cpu::amx::copy_columns<PlainWords>,
                               PlainWords::pack_rows,
                               PlainWords::pack_transposed,
                               nullptr,
                               cpu::amx::tile_side,
                               Bf16Tiles::configure,
                               Bf16Tiles::release};

struct TileCase {
  int64_t m, n, k;
  bool transpose_a = false, transpose_b = false;
  float alpha = 1, beta = 0;
  bool packed = true;  // ahead, as a weight
};

std::vector<float> values(int64_t count, int64_t salt) {
  std::vector<float> all(static_cast<size_t>(count));
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = rounded(std::sin(static_cast<float>(i) * 1.7f + static_cast<float>(salt)));
  return all;
}

// The largest difference from plain loops, beside the sum of all terms' sizes.
double error(const TileCase& c) {
  const std::vector<float> a = values(c.m * c.k, 1), b = values(c.k * c.n, 2), before = values(c.m * c.n, 3);
  std::vector<float> y = before;
  const int64_t lda = c.transpose_a ? c.m : c.k, ldb = c.transpose_b ? c.k : c.n;
  const Product<float> p{c.transpose_a, c.transpose_b,   c.m,     c.n,    c.k,      c.alpha, a.data(),
                         lda,           b.data(),        ldb,     c.beta, y.data(), c.n,     y.data(),
                         c.n,           Precision::bf16, &kernels};
  if (c.packed) {
    std::vector<float> panels(static_cast<size_t>(cpu::packed_elements(p)), std::numeric_limits<float>::quiet_NaN());
    cpu::pack_all(p, panels.data());
    cpu::packed_gemm(p, panels.data());
  } else {
    CHECK(cpu::packing_gemm(p));
  }
  double worst = 0;
  for (int64_t i = 0; i < c.m; ++i)
    for (int64_t j = 0; j < c.n; ++j) {
      double sum = 0, size = 1;
      for (int64_t k = 0; k < c.k; ++k) {
        const double term = static_cast<double>(a[static_cast<size_t>(c.transpose_a ? k * lda + i : i * lda + k)]) *
                            static_cast<double>(b[static_cast<size_t>(c.transpose_b ? j * ldb + k : k * ldb + j)]);
        sum += term;
        size += std::abs(term);
      }
      const auto at = static_cast<size_t>(i * c.n + j);
      const double expected = static_cast<double>(c.alpha) * sum + static_cast<double>(c.beta * before[at]);
      const double off = std::abs(static_cast<double>(y[at]) - expected) / size;
      if (std::isnan(off)) return off;
      worst = std::max(worst, off);
    }
  return worst;
}

void check(const TileCase& c) {
  CAPTURE(fmt::format("m {} n {} k {} ta {} tb {} packed {}", c.m, c.n, c.k, c.transpose_a, c.transpose_b, c.packed));
  CHECK(error(c) < 1e-6);
}

}  // namespace

TEST_CASE("amx: products are right around the edges of registers, tiles and steps of k") {
  for (const int64_t m : {1, 2, 15, 16, 17, 31, 32, 33, 49})
    for (const int64_t n : {1, 16, 17, 32, 33, 70})
      for (const int64_t k : {1, 2, 31, 32, 33, 64, 70})
        for (const bool packed : {true, false})
          check({m, n, k, (m + k) % 2 == 0, (n + k) % 3 == 0, n % 2 == 0 ? 1.0f : 0.5f, m % 3 == 0 ? 1.0f : 0.0f,
                 packed});
}

TEST_CASE("amx: deep and tall products cross blocks, in both forms of a, on 1 and 3 threads") {
  for (const int threads : {1, 3}) {
    const Threads scope(threads);
    for (const bool transpose_a : {false, true})
      for (const bool packed : {true, false}) {
        check({37, 40, 2101, transpose_a, false, 1, -1, packed});
        check({290, 33, 130, transpose_a, true, 2, 0, packed});
      }
  }
}

TEST_CASE("amx: registers are used as they were configured, and given back") {
  misuses = 0;
  const Threads scope(1);
  check({33, 40, 40});
  check({5, 7, 3, true});
  CHECK(misuses == 0);
  CHECK(Bf16Tiles::state().rows[0] == 0);
  Bf16Tiles::zero<0>();
  CHECK(misuses > 0);
}

TEST_CASE("amx: what is beyond k adds nothing, whatever the memory held") {
  // A block of NaN goes through the same scratch memory just before.
  std::vector<float> a(40 * 64, std::numeric_limits<float>::quiet_NaN()), b(64 * 32, 1.0f), y(40 * 32);
  const Product<float> p{false, false, 40,       32, 64,       1,  a.data(),        64,      b.data(),
                         32,    0,     y.data(), 32, y.data(), 32, Precision::bf16, &kernels};
  CHECK(cpu::packing_gemm(p));
  CHECK(std::isnan(y[0]));
  check({40, 32, 33, false, false, 1, 0, false});
  check({40, 32, 33, true, false, 1, 0, false});
}

TEST_CASE("amx: int8 products have the bits of other CPUs' kernels, around all edges") {
  (void)Device("cpu").kernels();  // GRUS_ISA hides kernels once the device is open
  for (const int64_t m : {1, 16, 17, 33, 150})
    for (const int64_t n : {1, 16, 31, 40})
      for (const int64_t k : {1, 5, 64, 70, 512, 1100}) {
        const std::vector<float> a = values(m * k, 1), b = values(k * n, 2), before = values(m * n, 3);
        const auto product = [&](const cpu::TileKernels* tiles, float beta) {
          std::vector<float> y = before;
          const bool transposed = (m + n) % 2 == 0;
          const Product<float> p{false,    transposed,         m,    n,        k, 0.5f,     a.data(), k,
                                 b.data(), transposed ? k : n, beta, y.data(), n, y.data(), n,        Precision::int8,
                                 tiles};
          CHECK(cpu::packing_gemm(p));
          return y;
        };
        CAPTURE(fmt::format("m {} n {} k {}", m, n, k));
        for (const float beta : {0.0f, 1.0f, -0.5f})
          CHECK(product(&integer_kernels, beta) == product(&cpu::int8_tile_kernels(), beta));
      }
}
