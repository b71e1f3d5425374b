// Samples of what ./dev accuracy goes through whole.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/accuracy/sweep.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::accuracy;

TEST_CASE("accuracy: samples of all floats are within each function's bound") {
  for (const Function& function : functions()) {
    const Found found = sweep_f32(function, Device("cpu"), 60013, 1);
    CHECK_MESSAGE(found.within(function.most_f32), fmt::format("{} f32: {}", function.name, text(found)));
  }
}

TEST_CASE("accuracy: samples of f64 are within each function's bound") {
  const std::vector<double> samples = samples_f64(30000);
  for (const Function& function : functions()) {
    const Found found = check(function, Device("cpu"), samples);
    CHECK_MESSAGE(found.within(function.most_f64), fmt::format("{} f64: {}", function.name, text(found)));
  }
}

TEST_CASE("accuracy: zeros, infinities, NaN, denormals and the ends of ranges give what exact functions give") {
  for (Device device : {Device("cpu"), Device("reference")})
    for (const Function& function : functions()) {
      const Found f32 = check(function, device, edges<float>()), f64 = check(function, device, edges<double>());
      CHECK_MESSAGE(f32.within(function.most_f32),
                    fmt::format("{} f32 on {}: {}", function.name, device.name(), text(f32)));
      CHECK_MESSAGE(f64.within(function.most_f64),
                    fmt::format("{} f64 on {}: {}", function.name, device.name(), text(f64)));
    }
}
