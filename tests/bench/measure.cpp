#include "tests/bench/measure.h"

#include <sys/resource.h>

#include <algorithm>

#include "core/random.h"
#include "ops/launch.h"

namespace grus::bench {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

int64_t peak_rss_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

double gemm_peak_gflops() {
  const Device cpu("cpu");
  Rng rng(1);
  double best = 0;
  for (const auto& [m, n, k] : {std::array<int64_t, 3>{1664, 5921, 1792}, std::array<int64_t, 3>{2048, 2048, 2048}}) {
    const Tensor a = random_normal({m, k}, 0, 1, rng, DType::f32, cpu),
                 b = random_normal({k, n}, 0, 1, rng, DType::f32, cpu);
    Tensor y = Tensor::empty({m, n}, DType::f32, cpu);
    for (int repeat = 0; repeat < 8; ++repeat) {
      const double start = seconds();
      // OpenBLAS, then the packed kernels.
      launch::gemm(cpu, y.write_matrix(), a.matrix(), Plain, b.matrix(), Plain, 0, 1, 1, repeat >= 4);
      best = std::max(best, 2e-9 * static_cast<double>(m * n * k) / (seconds() - start));
    }
  }
  release_cached_memory(cpu);
  return best;
}

std::string machine() {
  const Device cpu("cpu");
  return cpu.kernels().describe(cpu.context());
}

}  // namespace grus::bench
