// int8 products of the cpu backend, bit for bit as kernels.h defines them, whatever the instruction set, and beside
// f64.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <vector>

#include "core/backends/cpu/cpu_info.h"
#include "core/backends/cpu/gemm_tile.h"
#include "core/backends/cpu/packed_gemm.h"
#include "core/base/split_mix.h"
#include "core/device/device.h"
#include "core/device/kernels.h"
#include "core/device/storage.h"
#include "tests/support/threads.h"

using namespace grus;
using test::Threads;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity(), nan_value = std::numeric_limits<float>::quiet_NaN();

/// y (m, n) = alpha x op(w) + beta y, where op(w) is w (n, k) transposed, or w (k, n).
struct Int8Product {
  int64_t m, n, k;
  bool transposed = true;
  double alpha = 1, beta = 0;
  int64_t gap = 0;  // elements between rows
  std::vector<float> x = {}, w = {}, y = {};

  int64_t x_stride() const { return k + gap; }
  int64_t w_stride() const { return (transposed ? k : n) + gap; }
  int64_t y_stride() const { return n + gap; }
  float& x_at(int64_t i, int64_t t) { return x[static_cast<size_t>(i * x_stride() + t)]; }
  float& w_at(int64_t j, int64_t t) {
    return w[static_cast<size_t>(transposed ? j * w_stride() + t : t * w_stride() + j)];
  }
  float y_at(int64_t i, int64_t j) const { return y[static_cast<size_t>(i * y_stride() + j)]; }
};

Int8Product drawn(Int8Product p, uint64_t seed = 1) {
  SplitMix random(seed, 7);
  const auto numbers = [&](int64_t count) {
    std::vector<float> all(static_cast<size_t>(count));
    for (float& one : all) one = static_cast<float>(static_cast<double>(random.next() >> 11) * 0x1p-53 - 0.5);
    return all;
  };
  p.x = numbers(p.m * p.x_stride());
  p.w = numbers((p.transposed ? p.n : p.k) * p.w_stride());
  p.y = numbers(p.m * p.y_stride());
  return p;
}

struct HostBuffer {
  explicit HostBuffer(const std::vector<float>& values)
      : count(values.size()), storage(Storage::create(count * sizeof(float), Device("cpu"))) {
    std::copy(values.begin(), values.end(), data());
  }
  ~HostBuffer() { storage->release(); }
  HostBuffer(const HostBuffer&) = delete;
  float* data() { return static_cast<float*>(storage->buffer()->handle); }
  Matrix matrix(int64_t rows, int64_t cols, int64_t stride) {
    return {storage->buffer(), 0, DType::f32, rows, cols, stride, rows * stride};
  }
  size_t count;
  Storage* storage;
};

/// Computes y by the backend and returns all of it, with what lies between rows.
std::vector<float> multiplied(const Int8Product& p, Precision precision = Precision::int8, bool weight = true) {
  HostBuffer x(p.x), w(p.w), y(p.y);
  GemmArgs args{};
  args.y = y.matrix(p.m, p.n, p.y_stride());
  args.a = x.matrix(p.m, p.k, p.x_stride());
  args.b = p.transposed ? w.matrix(p.n, p.k, p.w_stride()) : w.matrix(p.k, p.n, p.w_stride());
  args.transpose_b = p.transposed;
  args.batch = 1;
  args.alpha = p.alpha;
  args.beta = p.beta;
  args.b_is_weight = weight;
  args.precision = precision;
  const Device cpu("cpu");
  cpu.check(cpu.kernels().gemm(cpu.context(), args), "gemm");
  return {y.data(), y.data() + y.count};
}

struct Rounded {
  float scale;
  std::vector<int> numbers;
};
Rounded rounded(const std::vector<float>& x) {
  float largest = 0;
  for (const float one : x) largest = std::max(largest, std::fabs(one));
  const float inverse = largest > 0 ? 127 / largest : 0;
  Rounded result{largest / 127, {}};
  for (const float one : x) {
    volatile float scaled = one * inverse;  // no compiler may round it together with what follows
    result.numbers.push_back(static_cast<int>(std::nearbyint(scaled)));
  }
  return result;
}

/// Returns y as the definition has it, in plain loops, for finite numbers.
std::vector<float> defined(Int8Product p) {
  std::vector<Rounded> columns;
  for (int64_t j = 0; j < p.n; ++j) {
    std::vector<float> column;
    for (int64_t t = 0; t < p.k; ++t) column.push_back(p.w_at(j, t));
    columns.push_back(rounded(column));
  }
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t from = 0; from < p.k; from += cpu::int8_depth) {
      const int64_t depth = std::min(cpu::int8_depth, p.k - from);
      const Rounded row = rounded(std::vector<float>(&p.x_at(i, from), &p.x_at(i, from) + depth));
      const float of_row = static_cast<float>(p.alpha) * row.scale, beta = from == 0 ? static_cast<float>(p.beta) : 1;
      for (int64_t j = 0; j < p.n; ++j) {
        const Rounded& column = columns[static_cast<size_t>(j)];
        int sum = 0;
        for (int64_t t = 0; t < depth; ++t)
          sum += row.numbers[static_cast<size_t>(t)] * column.numbers[static_cast<size_t>(from + t)];
        float& y = p.y[static_cast<size_t>(i * p.y_stride() + j)];
        const volatile float product = static_cast<float>(sum) * (of_row * column.scale), before = beta * y;
        y = beta == 0 ? product : product + before;
      }
    }
  return p.y;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(
      a, b, {}, [](float x) { return std::bit_cast<uint32_t>(x); }, [](float x) { return std::bit_cast<uint32_t>(x); });
}

std::string text(const Int8Product& p) {
  return fmt::format("m {} n {} k {} transposed {} alpha {} beta {} gap {}", p.m, p.n, p.k, p.transposed, p.alpha,
                     p.beta, p.gap);
}

/// Returns by how much y may differ from the product in f64: half a unit of each factor, and f32's own roundings.
double bound_of(Int8Product& p, int64_t i, int64_t j) {
  double scale_w = 0, bound = 0, size = 0;
  for (int64_t t = 0; t < p.k; ++t) scale_w = std::max(scale_w, std::fabs(static_cast<double>(p.w_at(j, t))) / 127);
  for (int64_t from = 0; from < p.k; from += cpu::int8_depth) {
    const int64_t end = std::min(from + cpu::int8_depth, p.k);
    double scale_x = 0;
    for (int64_t t = from; t < end; ++t)
      scale_x = std::max(scale_x, std::fabs(static_cast<double>(p.x_at(i, t))) / 127);
    for (int64_t t = from; t < end; ++t) {
      const double x = std::fabs(static_cast<double>(p.x_at(i, t))), w = std::fabs(static_cast<double>(p.w_at(j, t)));
      bound += x * scale_w / 2 + w * scale_x / 2 + scale_x * scale_w / 4;
      size += x * w;
    }
  }
  return bound * 1.0001 + size * 0x1p-20;
}

}  // namespace

TEST_CASE("gemm: int8 products have the bits of their definition, on any instruction set and any number of threads") {
  for (const int threads : {1, 3})
    for (const int64_t m : {1, 3, 7, 12, 17})
      for (const int64_t n : {128, 129, 145})
        for (const int64_t k : {32, 33, 34, 35, 65, 511, 512, 513, 1100}) {
          const Threads scope(threads);
          const Int8Product p = drawn({.m = m,
                                       .n = n,
                                       .k = k,
                                       .transposed = (n + k) % 3 != 0,
                                       .alpha = m == 7 ? -0.75 : 1,
                                       .beta = m == 3    ? 1
                                               : m == 12 ? 0.3
                                                         : 0,
                                       .gap = n % 2});
          CAPTURE(text(p));
          CHECK(same_bits(multiplied(p), defined(p)));
        }
}

TEST_CASE("gemm: tall int8 products cross the blocks of rows") {
  for (const int64_t m : {145, 290}) {
    const Int8Product p = drawn({.m = m, .n = 130, .k = 520, .beta = 1});
    CHECK(same_bits(multiplied(p), defined(p)));
  }
}

TEST_CASE("gemm: int8 products differ from f64 by half a unit of each factor at most") {
  for (const int64_t k : {64, 700}) {
    Int8Product p = drawn({.m = 17, .n = 130, .k = k}, 3);
    for (int64_t t = 0; t < k; t += 9) p.x_at(2, t) *= 1000, p.w_at(5, t) *= 1e-4f;
    p.y = multiplied(p);
    double worst = 0;
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j) {
        double exact = 0;
        for (int64_t t = 0; t < k; ++t) exact += static_cast<double>(p.x_at(i, t)) * static_cast<double>(p.w_at(j, t));
        worst = std::max(worst, std::fabs(static_cast<double>(p.y_at(i, j)) - exact) / bound_of(p, i, j));
      }
    CHECK(worst < 1);
    CHECK(worst > 0.01);  // else nothing was rounded
  }
}

TEST_CASE("gemm: int8 sums of the largest factors do not saturate") {
  for (const float sign : {1.0f, -1.0f}) {
    Int8Product p = drawn({.m = 13, .n = 130, .k = 1024});
    std::ranges::fill(p.x, 2.0f);
    std::ranges::fill(p.w, sign);
    CHECK(std::ranges::all_of(multiplied(p), [&](float y) { return std::fabs(y - sign * 2048) < 1e-3f; }));
    for (size_t i = 0; i < p.x.size(); i += 2) p.x[i] = p.w[i % p.w.size()] = -3;  // signs that cancel, and that do not
    CHECK(same_bits(multiplied(p), defined(p)));
  }
}

TEST_CASE("gemm: int8 rows of zeros, of tiny numbers and with one huge number stay what they are") {
  Int8Product p = drawn({.m = 4, .n = 128, .k = 64, .beta = 1});
  for (int64_t t = 0; t < p.k; ++t) p.x_at(0, t) = 0, p.x_at(1, t) = 0x1p-140f, p.x_at(2, t) = t == 5 ? 1e30f : 0;
  for (int64_t t = 0; t < p.k; ++t) p.w_at(3, t) = 0;
  const std::vector<float> y = multiplied(p);
  for (int64_t j = 0; j < p.n; ++j) {
    const auto at = static_cast<size_t>(j);
    CHECK(y[at] == p.y[at]);
    CHECK(y[at + 128] == p.y[at + 128]);
    const double w = static_cast<double>(p.w_at(j, 5));
    CHECK(std::fabs(static_cast<double>(y[at + 256]) - 1e30 * w) <= 1e30 * 0.5 / 127);
  }
  CHECK(y[3 + 3 * 128] == p.y[3 + 3 * 128]);
}

TEST_CASE("gemm: what is not finite makes NaN of its int8 row or column, and of nothing else") {
  for (const float special : {nan_value, infinity, -infinity}) {
    Int8Product p = drawn({.m = 3, .n = 128, .k = 40});
    p.x_at(1, 39) = special;
    p.w_at(7, 2) = special;
    p.y = multiplied(p);
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j) CHECK(std::isnan(p.y_at(i, j)) == (i == 1 || j == 7));
  }
}

TEST_CASE("gemm: int8 products without a weight, and of tiny weights, are f32") {
  const Int8Product large = drawn({.m = 5, .n = 128, .k = 64});
  CHECK(same_bits(multiplied(large, Precision::int8, false), multiplied(large, Precision::f32, false)));
  CHECK_FALSE(same_bits(multiplied(large), multiplied(large, Precision::f32)));
  for (const Int8Product& tiny : {drawn({.m = 5, .n = 127, .k = 32}), drawn({.m = 5, .n = 200, .k = 31})})
    CHECK(same_bits(multiplied(tiny), multiplied(tiny, Precision::f32)));
}

TEST_CASE("gemm: a weight packed for int8 takes a quarter of the memory, or half without instructions for it") {
  cpu::Product<float> p{};
  p.k = 512;
  p.n = 1536;
  const int64_t whole = cpu::packed_elements(p);
  p.precision = Precision::int8;
  const bool wide = cpu::isa() == cpu::Isa::baseline;
  CHECK(cpu::packed_elements(p) == whole / (wide ? 2 : 4) + 2 * 1536);
}

#if defined(__x86_64__)
TEST_CASE("gemm: GRUS_ISA decides whether int8 products take VNNI, and without it the CPU") {
  const char* const given = std::getenv("GRUS_ISA");
  const std::string_view isa = given ? given : "";
  const bool allowed = isa.empty() || isa == "avx512_vnni" || isa == "avx512_bf16" || isa == "amx";
  const bool possible = cpu::isa() == cpu::Isa::avx512 && __builtin_cpu_supports("avx512vnni");
  CHECK((cpu::vnni_tile_kernels() != nullptr) == (possible && allowed));
}
#endif
