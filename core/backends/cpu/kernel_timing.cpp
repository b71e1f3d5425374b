// The choice of kernels by the clock.
#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

#include "core/backends/cpu/aligned_floats.h"
#include "core/backends/cpu/blas.h"
#include "core/backends/cpu/gemm.h"
#include "core/backends/cpu/kernel_choice.h"
#include "core/backends/cpu/packed_gemm.h"

namespace grus::cpu {
namespace {

/// A product of numbers that cost what others do: neither zeros nor below the smallest.
struct Trial {
  Trial(int64_t m, int64_t n, int64_t k, Precision precision) {
    a = numbers(m * k);
    b = numbers(n * k);
    y = numbers(m * n);
    if (!a || !b || !y) return;
    product = {.transpose_a = false,
               .transpose_b = true,
               .m = m,
               .n = n,
               .k = k,
               .alpha = 1,
               .a = a.get(),
               .lda = k,
               .b = b.get(),
               .ldb = k,
               .beta = 0,
               .y = y.get(),
               .ldy = n,
               .c = y.get(),
               .ldc = n,
               .precision = precision};
  }
  explicit operator bool() const { return a && b && y; }

  AlignedFloats a, b, y;
  Product<float> product;

 private:
  static AlignedFloats numbers(int64_t n) {
    AlignedFloats all = aligned_floats(n);
    for (int64_t i = 0; all && i < n; ++i) all[static_cast<size_t>(i)] = static_cast<float>(i % 13 - 6) / 8;
    return all;
  }
};

using Way = std::function<void()>;

/// Returns the shortest time of each way. They take turns, so that other work on the machine meets all of them.
std::vector<double> times(const std::vector<Way>& ways) {
  constexpr int rounds = 12;
  std::vector<double> seconds(ways.size(), std::numeric_limits<double>::infinity());
  for (int round = 0; round <= rounds; ++round)
    for (size_t i = 0; i < ways.size(); ++i) {
      const auto start = std::chrono::steady_clock::now();
      ways[i]();
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      if (round > 0) seconds[i] = std::min(seconds[i], took.count());  // the first round fills caches
    }
  return seconds;
}

const TileKernels* quickest_of(Precision precision) {
  const std::vector<const TileKernels*> kernels = kernels_of(precision);
  Trial trial(192, 512, 512, precision);
  if (kernels.size() == 1 || !trial) return kernels.front();
  std::vector<AlignedFloats> packed;
  std::vector<Way> ways;
  for (const TileKernels* one : kernels) {
    Product<float> p = trial.product;
    p.tiles = one;
    packed.push_back(aligned_floats(packed_elements(p)));
    float* const panels = packed.back().get();
    if (!panels) return kernels.front();
    pack_all(p, panels);
    ways.emplace_back([p, panels] { packed_gemm(p, panels); });
  }
  return kernels[quickest(times(ways))];
}

/// Tells whether our f32 product, packing included, is quicker than OpenBLAS's.
bool own_is_quicker(int64_t m, int64_t n, int64_t k) {
  const Trial trial(m, n, k, Precision::f32);
  if (!trial || !blas_load()) return false;
  const Product<float>& p = trial.product;
  return quickest(times({[&p] { split_blas_gemm(p); }, [&p] { packing_gemm(p); }})) == 1;
}

}  // namespace

size_t quickest(const std::vector<double>& seconds) {
  constexpr double worth_it = 0.87;
  const auto least = std::min_element(seconds.begin(), seconds.end());
  return *least < worth_it * seconds.front() ? static_cast<size_t>(least - seconds.begin()) : 0;
}

KernelChoice timed_choice(bool all) {
  KernelChoice choice{quickest_of(Precision::bf16), quickest_of(Precision::int8)};
  if (all) {
    choice.f32.large_weights = own_is_quicker(512, 1280, 1024);
    choice.f32.plain = own_is_quicker(512, 512, 1024);
  }
  return choice;
}

}  // namespace grus::cpu
