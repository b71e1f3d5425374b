#pragma once
// The part that every benchmark shares: the clock, the memory peak, the machine's best product and memory bandwidth.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace CLI {
class App;
}

namespace grus::bench {

inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values);

/// Returns the most memory that this process ever held, in MiB.
int64_t peak_rss_mib();

/// Best products of this machine by the best kernels there are, in GFLOP/s: the larger of 1664 x 5921 x 1792 and 2048
/// cubed, on the cpu backend with its current number of threads. bf16 is 0 unless it is the current precision.
struct Peaks {
  double f32, bf16;
  double current() const { return bf16 > 0 ? bf16 : f32; }
};
Peaks gemm_peaks();
/// Adds "precision", "gemm_peak_gflops", "gemm_peak_bf16_gflops" (with bf16) and "share_of_peak".
void add_share(nlohmann::ordered_json& line, const Peaks& peaks, double gflops);

/// Returns the gigabytes a second that this many threads read from memory: the best of some passes over a buffer of at
/// least four times the last-level cache. Throws UsageError when there is no memory for it.
double memory_bandwidth(int threads);
/// Returns the MiB of this machine's last-level cache, as Linux says; 0 where it does not say.
double last_level_cache_mib();

/// Adds --precision with these names, which holds for all products. int8 is for inference alone.
void add_precision_option(CLI::App& app, const std::vector<std::string>& names = {"f32", "bf16"});
/// Returns the name of the precision that holds: "f32", "bf16" or "int8".
std::string precision_name();

/// Adds --device NAME, the device of new tensors. Devices report late, so benchmarks with it read a result in every
/// step.
void add_device_option(CLI::App& app);

/// Returns the device's own description: "AMD EPYC ..., AVX3_ZEN4, ...".
std::string machine();

}  // namespace grus::bench
