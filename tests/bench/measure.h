#pragma once
// What every benchmark here shares: the clock, the memory peak, the machine's best product.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace grus::bench {

inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values);

/// Most memory this process ever held, in MiB.
int64_t peak_rss_mib();

/// The best f32 product of this machine by the best kernel there is, in GFLOP/s: the larger of 1664 x 5921 x 1792 and
/// 2048 cubed, on the cpu backend with its current number of threads.
double gemm_peak_gflops();

/// "AMD EPYC ..., AVX3_ZEN4, ...": the cpu backend's own description.
std::string machine();

}  // namespace grus::bench
