#include "tests/bench/measure.h"

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

#include "core/device/precision.h"
#include "core/tensor/random.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"

namespace grus::bench {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

int64_t peak_rss_mib() {
  // getrusage is the second choice, because it counts the program which started this one too.
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key; status.ignore(1000, '\n')) {
    int64_t kib = 0;
    if (key == "VmHWM:" && status >> kib) return kib / 1024;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

namespace {
double gemm_peak(Precision precision) {
  const Device cpu("cpu");
  const Precision before = product_precision();
  set_product_precision(precision);
  Rng rng(1);
  double best = 0;
  for (const auto& [m, n, k] : {std::array<int64_t, 3>{1664, 5921, 1792}, std::array<int64_t, 3>{2048, 2048, 2048}}) {
    const Tensor a = random_normal({m, k}, 0, 1, rng, DType::f32, cpu),
                 b = random_normal({k, n}, 0, 1, rng, DType::f32, cpu);
    Tensor y = Tensor::empty({m, n}, DType::f32, cpu);
    for (int repeat = 0; repeat < 8; ++repeat) {
      const double start = seconds();
      // f32 goes to OpenBLAS first, then to the packed kernels.
      launch::gemm(cpu, Raw::write_matrix(y), Raw::matrix(a), Raw::matrix(b), {}, 0, 1, 1, repeat >= 4);
      best = std::max(best, 2e-9 * static_cast<double>(m * n * k) / (seconds() - start));
    }
  }
  release_cached_memory(cpu);
  set_product_precision(before);
  return best;
}
}  // namespace

Peaks gemm_peaks() {
  return {gemm_peak(Precision::f32), product_precision() == Precision::bf16 ? gemm_peak(Precision::bf16) : 0};
}

void add_share(nlohmann::ordered_json& line, const Peaks& peaks, double gflops) {
  line["precision"] = peaks.bf16 > 0 ? "bf16" : "f32";
  line["gemm_peak_gflops"] = peaks.f32;
  if (peaks.bf16 > 0) line["gemm_peak_bf16_gflops"] = peaks.bf16;
  line["share_of_peak"] = gflops / peaks.current();
}

void add_precision_option(CLI::App& app, const std::vector<std::string>& names) {
  app.add_option_function<std::string>(
         "--precision",
         [](const std::string& name) {
           set_product_precision(name == "bf16" ? Precision::bf16 : name == "int8" ? Precision::int8 : Precision::f32);
         },
         "of the products")
      ->check(CLI::IsMember(names));
}

std::string precision_name() {
  const Precision precision = product_precision();
  return precision == Precision::bf16 ? "bf16" : precision == Precision::int8 ? "int8" : "f32";
}

void add_device_option(CLI::App& app) {
  app.add_option_function<std::string>(
         "--device", [](const std::string& name) { set_default_device(Device(name)); }, "where tensors live")
      ->default_str(initial_device_name());
}

std::string machine() {
  const Device device = default_device();
  return device.kernels().describe(device.context());
}

}  // namespace grus::bench
