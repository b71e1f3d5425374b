// Tests samples of the numbers that ./dev accuracy goes through whole.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/accuracy/sweep.h"
#include "tests/support/devices.h"

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
  for (Device device : test::every_device()) {
    // A GPU has functions of its own, and may take denormals for 0; their limits must be exact all the same.
    const bool on_host = device == Device("cpu") || device == Device("reference");
    const auto check_at = [&](const Function& function, const char* type, const Found& found, double most) {
      CHECK_MESSAGE((on_host ? found.within(most) : found.wrong == 0),
                    fmt::format("{} {} on {}: {}", function.name, type, device.name(), text(found)));
    };
    for (const Function& function : functions()) {
      check_at(function, "f32", check(function, device, edges<float>()), function.most_f32);
      check_at(function, "f64", check(function, device, edges<double>()), function.most_f64);
    }
  }
}
