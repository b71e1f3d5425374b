// Products of the cpu backend against plain loops in f64, on sizes around the edges of its tiles, panels and blocks.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <thread>
#include <vector>

#include "core/backends/cpu/cpu_info.h"
#include "core/backends/cpu/derived.h"
#include "core/backends/cpu/gemm_tile.h"
#include "core/backends/cpu/kernel_choice.h"
#include "core/backends/cpu/packed_gemm.h"
#include "core/device/device.h"
#include "core/device/precision.h"
#include "core/device/storage.h"
#include "tests/support/threads.h"

using namespace grus;
using test::Threads;

namespace {

struct Memory {
  explicit Memory(int64_t n, DType dtype)
      : storage(Storage::create(static_cast<size_t>(n) * size_of(dtype), Device("cpu"))) {}
  ~Memory() { storage->release(); }
  Memory(const Memory&) = delete;
  template <class T>
  T* data() {
    return static_cast<T*>(storage->buffer()->handle);
  }
  Storage* storage;
};

/// Returns repeatable values spread over [-0.5, 0.5).
double value(int64_t i, int64_t salt) {
  uint64_t x = (static_cast<uint64_t>(i) + static_cast<uint64_t>(salt) * 1000003) * 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 31)) * 0xBF58476D1CE4E5B9;
  return static_cast<double>(x >> 11) * 0x1p-53 - 0.5;
}

/// Returns the number that a product of the current precision multiplies in place of x.
template <class T>
double multiplied(T x) {
  if (std::is_same_v<T, double> || product_precision() == Precision::f32) return static_cast<double>(x);
  if (product_precision() == Precision::f16) return static_cast<double>(to_float(to_float16(static_cast<float>(x))));
  const uint32_t bits = std::bit_cast<uint32_t>(static_cast<float>(x)), rest = bits & 0xffff;
  uint32_t upper = bits >> 16;
  if (rest > 0x8000 || (rest == 0x8000 && upper % 2 == 1)) ++upper;
  return static_cast<double>(std::bit_cast<float>(upper << 16));
}

template <class T>
void fill(Memory& memory, int64_t n, int64_t salt) {
  for (int64_t i = 0; i < n; ++i) memory.data<T>()[i] = static_cast<T>(value(i, salt));
}

struct Case {
  int64_t m, n, k;
  bool transpose_a = false, transpose_b = false, weight = true;
  double alpha = 1, beta = 0;
  int64_t batch = 1, gap = 0;  // gap: elements between rows
};

/// Runs the case and returns the largest difference to plain loops, in units of sqrt(k) roundings.
template <class T>
struct Run {
  explicit Run(const Case& c)
      : c(c),
        a_cols((c.transpose_a ? c.m : c.k) + c.gap),
        b_cols((c.transpose_b ? c.k : c.n) + c.gap),
        y_cols(c.n + c.gap),
        a_size((c.transpose_a ? c.k : c.m) * a_cols),
        b_size((c.transpose_b ? c.n : c.k) * b_cols),
        y_size(c.m * y_cols),
        a(std::max<int64_t>(1, a_size * c.batch), dtype_of<T>),
        b(std::max<int64_t>(1, b_size * c.batch), dtype_of<T>),
        y(std::max<int64_t>(1, y_size * c.batch), dtype_of<T>) {
    fill<T>(a, a_size * c.batch, 1);
    fill<T>(b, b_size * c.batch, 2);
  }
  void multiply() {
    fill<T>(y, y_size * c.batch, 3);
    if (c.beta == 0)
      for (int64_t i = 0; i < y_size * c.batch; ++i)
        if (i % y_cols < c.n) y.data<T>()[i] = std::numeric_limits<T>::quiet_NaN();
    GemmArgs args{};
    args.y = {y.storage->buffer(), 0, dtype_of<T>, c.m, c.n, y_cols, y_size};
    args.a = {a.storage->buffer(),       0,      dtype_of<T>, c.transpose_a ? c.k : c.m,
              c.transpose_a ? c.m : c.k, a_cols, a_size};
    args.b = {b.storage->buffer(),       0,      dtype_of<T>, c.transpose_b ? c.n : c.k,
              c.transpose_b ? c.k : c.n, b_cols, b_size};
    args.transpose_a = c.transpose_a;
    args.transpose_b = c.transpose_b;
    args.batch = c.batch;
    args.alpha = c.alpha;
    args.beta = c.beta;
    args.b_is_weight = c.weight;
    args.precision = product_precision();
    const Device cpu("cpu");
    cpu.check(cpu.kernels().gemm(cpu.context(), args), "gemm");
  }
  /// Computes rows [from, m) of each product of the batch in plain loops; what lies between rows stays as it was
  /// filled.
  std::vector<double> expected(int64_t from = 0) {
    std::vector<double> all(static_cast<size_t>(y_size * c.batch)), row(static_cast<size_t>(c.n));
    const std::vector<double> wide_a = widened(a, a_size * c.batch), wide_b = widened(b, b_size * c.batch);
    for (int64_t batch = 0; batch < c.batch; ++batch)
      for (int64_t i = from; i < c.m; ++i) {
        const double *pa = wide_a.data() + batch * a_size, *pb = wide_b.data() + batch * b_size;
        std::fill(row.begin(), row.end(), 0.0);
        for (int64_t k = 0; k < c.k; ++k) {
          const double x = c.transpose_a ? pa[k * a_cols + i] : pa[i * a_cols + k];
          const double* const column = c.transpose_b ? pb + k : pb + k * b_cols;
          const int64_t step = c.transpose_b ? b_cols : 1;
          for (int64_t j = 0; j < c.n; ++j) row[static_cast<size_t>(j)] += x * column[j * step];
        }
        for (int64_t j = 0; j < y_cols; ++j) {
          const int64_t at = batch * y_size + i * y_cols + j;
          const double before = static_cast<double>(static_cast<T>(value(at, 3)));
          all[static_cast<size_t>(at)] =
              j >= c.n ? before : c.alpha * row[static_cast<size_t>(j)] + (c.beta == 0 ? 0 : c.beta * before);
        }
      }
    return all;
  }
  double error() {
    multiply();
    return row_error(0);
  }
  /// Returns the error of rows [from, m) of what was multiplied.
  double row_error(int64_t from) { return error_beside(expected(from), from); }
  double error_beside(const std::vector<double>& want, int64_t from = 0) {
    double worst = 0;
    for (int64_t batch = 0; batch < c.batch; ++batch)
      for (int64_t at = batch * y_size + from * y_cols; at < (batch + 1) * y_size; ++at) {
        const double difference = std::abs(static_cast<double>(y.data<T>()[at]) - want[static_cast<size_t>(at)]);
        worst = difference <= worst ? worst : difference;  // NaN is kept
      }
    return worst / (std::numeric_limits<T>::epsilon() * std::sqrt(static_cast<double>(c.k) + 1));
  }
  static std::vector<double> widened(Memory& memory, int64_t n) {
    std::vector<double> wide(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i) wide[static_cast<size_t>(i)] = multiplied(memory.data<T>()[i]);
    return wide;
  }
  Case c;
  int64_t a_cols, b_cols, y_cols, a_size, b_size, y_size;
  Memory a, b, y;
};

/// Returns the floats that a weight (k, n) takes when it is packed.
int64_t floats_packed(int64_t k, int64_t n, Precision precision) {
  cpu::Product<float> p{};
  p.k = k;
  p.n = n;
  p.precision = precision;
  return cpu::packed_elements(p);
}

/// Returns what a product of the run asks packed_weight for.
cpu::Product<float> product_by_weight(Run<float>& run) {
  cpu::Product<float> p{};
  p.transpose_b = run.c.transpose_b;
  p.n = run.c.n;
  p.k = run.c.k;
  p.b = run.b.data<float>();
  p.ldb = run.b_cols;
  return p;
}
/// Returns what the gradient of such a product asks for.
cpu::Product<float> turned(cpu::Product<float> p) {
  std::swap(p.n, p.k);
  p.transpose_b = !p.transpose_b;
  return p;
}

constexpr Precision precisions[] = {Precision::f32, Precision::bf16, Precision::f16};

std::string text(const Case& c) {
  return fmt::format("{} m {} n {} k {} ta {} tb {} weight {} alpha {} beta {} gap {}", name_of(product_precision()),
                     c.m, c.n, c.k, c.transpose_a, c.transpose_b, c.weight, c.alpha, c.beta, c.gap);
}

/// Checks sizes around the edges of tiles and panels.
void check_edges(int threads, bool weight) {
  const Threads scope(threads);
  for (int64_t m : {1, 2, 3, 5, 6, 7, 11, 12, 13, 25, 31})
    for (int64_t n : {1, 7, 8, 15, 16, 17, 31, 32, 33, 97})
      for (int64_t k : {1, 2, 3, 16, 37}) {
        const Case c{.m = m,
                     .n = n,
                     .k = k,
                     .transpose_a = (m + k) % 2 == 0,
                     .transpose_b = (n + k) % 3 != 0,
                     .weight = weight,
                     .beta = m % 3 == 0 ? 1.0 : 0.0,
                     .gap = n % 2};
        CAPTURE(text(c));
        CHECK(Run<float>(c).error() < 5);
      }
}

/// Checks one product on 1 and 3 threads against plain loops, which take longest.
template <class T>
void check_on_threads(const Case& c) {
  Run<T> run(c);
  const std::vector<double> expected = run.expected();
  for (int threads : {1, 3}) {
    const Threads scope(threads);
    CAPTURE(text(c));
    CAPTURE(threads);
    run.multiply();
    CHECK(run.error_beside(expected) < 5);
  }
}

void check_large() {
  for (const Case& c :
       {Case{.m = 145, .n = 65, .k = 513}, Case{.m = 145, .n = 65, .k = 1030, .transpose_a = true},
        Case{.m = 290, .n = 40, .k = 512, .transpose_b = true, .beta = 1},
        Case{.m = 13, .n = 700, .k = 1537, .transpose_a = true, .transpose_b = true, .alpha = 0.5, .beta = -2},
        Case{.m = 145, .n = 700, .k = 300, .weight = false},
        Case{.m = 200, .n = 130, .k = 300, .transpose_a = true, .weight = false, .beta = 1},
        Case{.m = 3, .n = 40, .k = 4500, .transpose_a = true, .weight = false, .beta = -1},
        Case{.m = 2, .n = 2100, .k = 1025, .transpose_b = true, .weight = false},
        Case{.m = 1, .n = 999, .k = 600, .transpose_b = true, .weight = false}}) {
    check_on_threads<float>(c);
    if (product_precision() == Precision::f32) check_on_threads<double>(c);  // another precision is none of f64's
  }
}

}  // namespace

TEST_CASE("gemm: a weight's product is right around the edges of tiles, panels and blocks, on 1, 2 and 3 threads") {
  for (int threads : {1, 2, 3}) check_edges(threads, true);
}

TEST_CASE(
    "gemm: bf16 and f16 products round both sides and nothing else, with a weight and without, on 1 to 3 threads") {
  for (Precision precision : {Precision::bf16, Precision::f16}) {
    const PrecisionScope scope(precision);
    for (int threads : {1, 2, 3})
      for (bool weight : {false, true}) check_edges(threads, weight);
  }
}

TEST_CASE("gemm: f16 products round every factor as a cast does: subnormals, ties, what becomes infinite or 0") {
  const PrecisionScope scope(Precision::f16);
  std::vector<float> factors = {65504, 65519.996f, 65520, -1e38f, 0x1p-24f, 0x1p-25f, 0x1.000002p-25f, 0x1.8p-24f};
  for (int exponent = -30; exponent < 18; ++exponent)
    for (float mantissa : {1.0f, 1 + 0x1p-11f, 1 + 0x1.8p-10f, 1.9997559f, 1.99988f, -1.3333333f})
      factors.push_back(std::ldexp(mantissa, exponent));
  for (float x : factors)
    for (bool in_weight : {false, true}) {
      Run<float> run({.m = 2, .n = 40, .k = 3});
      std::fill_n(run.a.data<float>(), 6, in_weight ? 1.0f : x);
      std::fill_n(run.b.data<float>(), 120, in_weight ? x : 1.0f);
      run.multiply();
      CAPTURE(x);
      CHECK(run.y.data<float>()[39] == 3 * to_float(to_float16(x)));
    }
}

TEST_CASE("gemm: deep, tall and wide products cross block edges") {
  for (Precision precision : precisions) {
    const PrecisionScope scope(precision);
    check_large();
  }
}

TEST_CASE("gemm: batches, with and without rows between") {
  for (Precision precision : precisions) {
    const PrecisionScope scope(precision);
    const bool transpose_b = precision == Precision::f32;
    const Case c{.m = 5, .n = 9, .k = 7, .transpose_b = transpose_b, .weight = false, .beta = 1, .batch = 4, .gap = 3};
    CHECK(Run<float>(c).error() < 5);
    CHECK(Run<double>(c).error() < 5);
  }
}

TEST_CASE("gemm: without depth or with alpha 0 only beta y remains") {
  CHECK(Run<float>({.m = 3, .n = 4, .k = 0, .beta = 0.5}).error() < 1);
  CHECK(Run<float>({.m = 3, .n = 4, .k = 5, .alpha = 0}).error() < 1);
  CHECK(Run<double>({.m = 3, .n = 4, .k = 0, .weight = false}).error() < 1);
  CHECK(Run<float>({.m = 0, .n = 4, .k = 5}).error() == 0);
}

TEST_CASE("gemm: the same bits on any number of threads, when a weight is on the right or both sides are bf16") {
  for (Precision precision : precisions)
    for (bool weight : {true, false}) {
      const PrecisionScope precision_scope(precision);
      std::vector<float> first;
      if (precision == Precision::f32 && !weight) continue;
      for (int threads : {1, 2, 3}) {
        const Threads scope(threads);
        Run<float> run({.m = 37, .n = 300, .k = 700, .transpose_b = true, .weight = weight});
        run.multiply();
        const std::vector<float> y(run.y.data<float>(), run.y.data<float>() + run.y_size);
        if (threads == 1) first = y;
        CHECK(y == first);
      }
    }
}

TEST_CASE("gemm: a weight is packed again for the other precision") {
  Run<float> run({.m = 12, .n = 40, .k = 31, .transpose_b = true});
  for (Precision precision : {Precision::f32, Precision::bf16, Precision::f16, Precision::f32}) {
    const PrecisionScope scope(precision);
    CHECK(run.error() < 5);
  }
}

TEST_CASE("gemm: a weight packed for bf16 or f16 takes half the memory") {
  CHECK(2 * floats_packed(512, 1536, Precision::f16) == floats_packed(512, 1536, Precision::f32));
  CHECK(2 * floats_packed(512, 1536, Precision::bf16) == floats_packed(512, 1536, Precision::f32));
}

TEST_CASE("gemm: bf16 products take the instruction on AMD's CPUs alone, where it is quick") {
  CHECK(cpu::has_quick_bf16({"AuthenticAMD", 0x19}));     // Zen 4
  CHECK(cpu::has_quick_bf16({"AuthenticAMD", 0x1a}));     // Zen 5
  CHECK_FALSE(cpu::has_quick_bf16({"GenuineIntel", 6}));  // Cooper Lake, Sapphire Rapids ...
  CHECK_FALSE(cpu::has_quick_bf16({"CentaurHauls", 7}));
  CHECK_FALSE(cpu::has_quick_bf16({}));
  CHECK(cpu::is_amd_19h({"AuthenticAMD", 0x19}));
  CHECK_FALSE(cpu::is_amd_19h({"AuthenticAMD", 0x1a}));
  CHECK_FALSE(cpu::is_amd_19h({"GenuineIntel", 0x19}));
}

#if defined(__x86_64__)
TEST_CASE("gemm: GRUS_ISA decides between the kernels of bf16 products, and without it the CPU") {
  const char* const given = std::getenv("GRUS_ISA");
  const std::string_view isa = given ? given : "";
  const bool possible = cpu::isa() == cpu::Isa::avx512 && __builtin_cpu_supports("avx512bf16");
  const bool free = isa.empty() || isa == "amx", amx = cpu::uses_amx();
  const bool wanted = isa == "avx512_bf16" || (free && cpu::has_quick_bf16(cpu::cpu_model()));
  CHECK((!amx || (free && possible)));
  CHECK((cpu::amx_tile_kernels(Precision::bf16) != nullptr) == amx);
  CHECK((cpu::bf16_tile_kernels() != nullptr) == (possible && (free || isa == "avx512_bf16")));
  if (const char* const tune = std::getenv("GRUS_TUNE"); tune && std::string_view(tune) != "off") return;
  // The packed size tells which kernels are taken: a word of the instruction's kernels has two rows of k, with padding,
  // and AMX takes 16 words at a time.
  const int64_t width = cpu::panel_width(Precision::bf16);
  CHECK(floats_packed(3, width, Precision::bf16) == (amx                  ? 16 * width
                                                     : possible && wanted ? 2 * width
                                                                          : 3 * width / 2));
}
#endif

TEST_CASE("gemm: NaN and infinity pass through bf16 and f16 products") {
  for (Precision precision : {Precision::bf16, Precision::f16}) {
    const PrecisionScope scope(precision);
    for (float special : {std::numeric_limits<float>::quiet_NaN(), std::bit_cast<float>(0x7f800001u),
                          std::bit_cast<float>(0x7fffffffu), std::numeric_limits<float>::infinity()}) {
      Run<float> run({.m = 2, .n = 3, .k = 5});
      run.a.data<float>()[1] = special;
      run.multiply();
      CHECK(!std::isfinite(run.y.data<float>()[0]));
      CHECK(std::isnan(run.y.data<float>()[0]) == std::isnan(special));
      CHECK(std::isfinite(run.y.data<float>()[3]));
    }
  }
}

TEST_CASE("gemm: a weight that was written is packed again") {
  Run<float> run({.m = 12, .n = 40, .k = 30, .transpose_b = true});
  CHECK(run.error() < 5);
  fill<float>(run.b, run.b_size, 5);
  run.b.storage->raise_version();
  CHECK(run.error() < 5);
}

TEST_CASE("gemm: a large weight keeps a packed form for few rows, and none for many") {
  Run<float> many({.m = 385, .n = 640, .k = 1700, .transpose_b = true});
  many.multiply();
  CHECK((many.b.storage->buffer()->derived != nullptr) == cpu::f32_choice().large_weights);
  CHECK(many.row_error(384) < 5);
  Run<float> few({.m = 4, .n = 640, .k = 1700, .transpose_b = true});
  CHECK(few.error() < 5);
  CHECK(few.b.storage->buffer()->derived != nullptr);
}

TEST_CASE(
    "gemm: a weight that meets more than 384 rows is kept packed from its second product on, with the same bits") {
  for (Precision precision : precisions) {
    CAPTURE(name_of(precision));
    const PrecisionScope scope(precision);
    Run<float> run({.m = 385, .n = 40, .k = 1100, .transpose_b = true});
    const auto packings = [&run] {
      const int64_t before = cpu::weights_packed();
      run.multiply();
      return cpu::weights_packed() - before;
    };
    const auto numbers = [&run] { return std::vector<float>(run.y.data<float>(), run.y.data<float>() + run.y_size); };
    CHECK(packings() == 1);
    CHECK(run.row_error(380) < 5);
    const std::vector<float> alone = numbers();
    CHECK(packings() == 1);
    CHECK(numbers() == alone);
    CHECK(packings() == 0);
    CHECK(numbers() == alone);
    // A form that was used more than once is made again, one that was used once is given up.
    run.b.storage->raise_version();
    CHECK(packings() == 1);
    run.b.storage->raise_version();
    CHECK(packings() == 1);
    CHECK(packings() == 1);
  }
}

TEST_CASE("gemm: a deep weight gives many rows the same bits each time, with beta and gaps between rows, too") {
  Run<float> run({.m = 385, .n = 17, .k = 4500, .transpose_b = true, .beta = 0.5, .gap = 3});
  const auto product = [&run] {
    run.multiply();
    return std::vector<float>(run.y.data<float>(), run.y.data<float>() + run.y_size);
  };
  const std::vector<float> first = product();
  CHECK(run.row_error(380) < 5);
  CHECK(product() == first);
}

TEST_CASE("gemm: the forms of the forward and the backward pass share memory, until a weight needs both as it is") {
  Run<float> run({.m = 6, .n = 24, .k = 40, .transpose_b = true});
  const cpu::Product<float> forward = product_by_weight(run), backward = turned(forward);
  const auto panels = [&](const cpu::Product<float>& p) {
    return cpu::packed_weight(run.b.storage->buffer(), 0, p).get();
  };
  const float* const place = panels(forward);
  CHECK(panels(backward) == place);
  run.b.storage->raise_version();
  CHECK(panels(forward) == place);
  CHECK(panels(backward) == place);
  const int64_t packed = cpu::weights_packed();
  const float* const own = panels(forward);
  CHECK(own != place);
  CHECK(panels(backward) == place);
  CHECK(panels(forward) == own);
  CHECK(cpu::weights_packed() - packed == 1);
}

TEST_CASE("gemm: parts of a weight have forms of their own") {
  Run<float> run({.m = 6, .n = 24, .k = 24, .transpose_b = true});
  const cpu::Product<float> forward = product_by_weight(run);
  cpu::Product<float> part = turned(forward);
  part.k = 12;
  part.b += 12 * part.ldb;
  DeviceBuffer* const buffer = run.b.storage->buffer();
  const float* const whole = cpu::packed_weight(buffer, 0, forward).get();
  CHECK(cpu::packed_weight(buffer, 12 * part.ldb, part).get() != whole);
  CHECK(cpu::packed_weight(buffer, 0, turned(forward)).get() == whole);
}

TEST_CASE("gemm: threads that multiply by both forms of one weight at once get what one thread gets") {
  constexpr int rows = 6, rounds = 200;
  Run<float> run({.m = rows, .n = 24, .k = 40, .transpose_b = true});
  const auto product = [&run](bool backward) {
    cpu::Product<float> p = backward ? turned(product_by_weight(run)) : product_by_weight(run);
    std::vector<float> y(static_cast<size_t>(rows * p.n));
    p.m = rows;
    p.alpha = 1;
    p.a = run.a.data<float>();
    p.lda = p.k;
    p.y = y.data();
    p.c = y.data();
    p.ldy = p.ldc = p.n;
    cpu::packed_gemm(p, cpu::packed_weight(run.b.storage->buffer(), 0, p).get());
    return y;
  };
  const std::vector<float> expected[] = {product(false), product(true)};
  std::atomic<int> wrong = 0;
  const auto work = [&](bool backward) {
    for (int i = 0; i < rounds; ++i) wrong += product(backward) != expected[backward];
  };
  cpu::drop_derived(run.b.storage->buffer());
  std::thread other([&] { work(true); });
  work(false);
  other.join();
  CHECK(wrong == 0);
}

TEST_CASE("gemm: a form that somebody multiplies by stays as it is while the other one is made") {
  Run<float> run({.m = 6, .n = 24, .k = 40, .transpose_b = true});
  const cpu::Product<float> forward = product_by_weight(run);
  const cpu::PackedWeight held = cpu::packed_weight(run.b.storage->buffer(), 0, forward);
  const std::vector<float> before(held.get(), held.get() + cpu::packed_elements(forward));
  const cpu::PackedWeight other = cpu::packed_weight(run.b.storage->buffer(), 0, turned(forward));
  CHECK(other.get() != held.get());
  CHECK(std::vector<float>(held.get(), held.get() + cpu::packed_elements(forward)) == before);
}

TEST_CASE("gemm: both forms of a weight are right in turns") {
  const Device cpu("cpu");
  Run<float> run({.m = 6, .n = 40, .k = 40, .transpose_b = true});
  CHECK(run.error() < 5);
  run.c.transpose_b = false;
  CHECK(run.error() < 5);
  run.c.transpose_b = true;
  CHECK(run.error() < 5);
  cpu.kernels().drop_derived(cpu.context(), run.b.storage->buffer());
  CHECK(run.b.storage->buffer()->derived == nullptr);
  CHECK(run.error() < 5);
}

TEST_CASE("cpu: the description names the CPU, the instruction sets, OpenBLAS's kernels and the threads") {
  const Device cpu("cpu");
  const std::string text = cpu.kernels().describe(cpu.context());
  CHECK(text.find("SIMD ") != std::string::npos);
  CHECK(text.find(std::string("bf16 ") + cpu::kernel_choice().bf16->instructions + ", ") != std::string::npos);
  const std::string int8 = std::string("int8 ") + cpu::kernel_choice().int8->instructions + ", ";
  CHECK(text.find(int8) != std::string::npos);
  CHECK(text.find("OpenBLAS ") != std::string::npos);
  CHECK(text.find(" thread") != std::string::npos);
}
