// Measures how far functions of single numbers are from exact ones: over every f32 there is, and over samples of f64.
//   ./dev accuracy [NAME... --stride 1 --threads 2 --device cpu]        GRUS_ISA=avx2 or baseline computes as older
//   CPUs do
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/threads.h"
#include "tests/accuracy/sweep.h"

using namespace grus;
using namespace grus::accuracy;

namespace {

/// Prints one line for each dtype, and returns whether both are within the bounds.
bool report(const Function& function, Device device, uint32_t stride, int threads) {
  Found f32 = check(function, device, edges<float>()), f64 = check(function, device, edges<double>());
  f32.add(sweep_f32(function, device, stride, threads));
  f64.add(check(function, device, samples_f64(1 << 20)));
  const bool good = f32.within(function.most_f32) && f64.within(function.most_f64);
  fmt::print("{:11s} f32 {}\n{:11s} f64 {}{}\n", function.name, text(f32), "", text(f64), good ? "" : "   TOO FAR");
  std::fflush(stdout);
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Errors of elementwise functions, in units of the last place");
  std::vector<std::string> names;
  uint32_t stride = 1;
  int threads = 2;
  std::string device = "cpu";
  std::vector<std::string> known;
  for (const Function& function : functions()) known.emplace_back(function.name);
  app.add_option("names", names, "functions; none: all")->check(CLI::IsMember(known));
  app.add_option("--stride", stride, "every how many of the 2^32 floats")->check(CLI::PositiveNumber);
  app.add_option("--threads", threads)->check(CLI::PositiveNumber);
  app.add_option("--device", device);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  set_num_threads(1);  // within a kernel: each thread here has its own
  try {
    const Device on(device);
    bool good = true;
    for (const Function& function : functions())
      if (names.empty() || std::find(names.begin(), names.end(), function.name) != names.end())
        good &= report(function, on, stride, threads);
    return good ? 0 : 1;
  } catch (const Error& error) {
    fmt::print(stderr, "accuracy: {}\n", error.what());
    return 1;
  }
}
