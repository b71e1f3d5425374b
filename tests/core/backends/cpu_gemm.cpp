// Products of the cpu backend against plain loops in f64, on sizes around the edges of its tiles, panels and blocks.
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
#include "core/backends/cpu/kernel_choice.h"
#include "core/backends/cpu/packed_gemm.h"
#include "core/device/device.h"
#include "core/device/precision.h"
#include "tests/core/backends/cpu_products.h"
#include "tests/support/threads.h"

using namespace grus;
using test::Case;
using test::floats_packed;
using test::precisions;
using test::Run;
using test::Threads;

namespace {

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
