// Backends found by name, and the errors when they cannot be used.
#include "core/device/backend.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "core/base/error.h"
#include "core/device/devices.h"
#include "core/tensor/tensor.h"
#include "ops/math/elementwise.h"
#include "tests/support/skip.h"

using namespace grus;

namespace {

/// Adds the folder of the test modules to GRUS_BACKEND_PATH as long as it lives.
class WithTestModules {
 public:
  WithTestModules() : before_(value("GRUS_BACKEND_PATH")) {
    setenv("GRUS_BACKEND_PATH", (":" + value("GRUS_TEST_MODULES") + ":/nowhere:" + before_).c_str(), 1);
  }
  ~WithTestModules() { setenv("GRUS_BACKEND_PATH", before_.c_str(), 1); }
  static std::string value(const char* name) { return std::getenv(name) ? std::getenv(name) : ""; }

 private:
  std::string before_;
};

std::string refusal(const std::string& name) {
  try {
    Device device(name);
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("device: an unknown backend is named, with those that there are and where modules are looked for") {
  for (const char* name : {"abacus", "", "../cpu", "abacus:3"}) {
    const std::string text = refusal(name);
    CHECK_MESSAGE(contains(text, "[device] need one of the backends cpu, reference"), text);
    CHECK_MESSAGE(contains(text, "GRUS_BACKEND_PATH"), text);
  }
}

TEST_CASE("device: a backend without a number is its device 0; another number is the backend's to refuse") {
  CHECK(Device("cpu") == Device("cpu:0"));
  CHECK(Device("cpu").name() == "cpu");
  CHECK(contains(refusal("cpu:1"), "[device] need a device cpu:1, got: "));
  for (const char* name : {"cpu:", "cpu:x", "cpu:-1", "cpu:1x"})
    CHECK(refusal(name) == fmt::format("[device] need a backend and a number as in cpu:0, got '{}'", name));
}

TEST_CASE("device: modules that are no backend, cannot be loaded or have no hardware are refused in one sentence") {
  if (WithTestModules::value("GRUS_TEST_MODULES").empty()) return test::skip("GRUS_TEST_MODULES is not set");
  const WithTestModules path;
  CHECK(contains(refusal("other_abi"), fmt::format("of ABI {}, got ", kernels_abi)));
  CHECK(contains(refusal("other_abi"), fmt::format("of ABI {}", kernels_abi + 1)));
  CHECK(contains(refusal("no_symbol"), "[device] need a module that exports grus_backend, got "));
  CHECK(contains(refusal("no_library"), "libgrus_no_library.so is linked to, got: "));
  CHECK(refusal("no_device") == "[device] need a device no_device, got: there is no such card in this machine");
  for (const char* name : {"other_abi", "no_symbol", "no_library", "no_device"}) CHECK(!contains(refusal(name), "\n"));
}

TEST_CASE("device: one that is lost is named with its backend's words; other devices, and it when it is back, go on") {
  if (WithTestModules::value("GRUS_TEST_MODULES").empty()) return test::skip("GRUS_TEST_MODULES is not set");
  const WithTestModules path;
  const Device device("lost");
  const size_t live = memory_statistics(device).live;
  {
    const Tensor x = Tensor::ones({3}, DType::f32, device);
    CHECK((x + x).to_vector<float>()[2] == 2);
    setenv("GRUS_LOST", "1", 1);
    std::string error;
    try {
      x + x;
    } catch (const DeviceError& lost) {
      error = lost.what();
    }
    CHECK(error == "[add] need device lost, got a lost device: the cable came out");
    CHECK((x.to(Device("cpu")) + 1).to_vector<float>()[0] == 2);
    unsetenv("GRUS_LOST");
    CHECK((x + x).to_vector<float>()[0] == 2);
  }
  CHECK(memory_statistics(device).live == live);
}

TEST_CASE("device: where f64 is missing it is refused in one sentence, and listed so") {
  if (WithTestModules::value("GRUS_TEST_MODULES").empty()) return test::skip("GRUS_TEST_MODULES is not set");
  const WithTestModules path;
  const Device device("no_f64");
  Tensor::ones({2}, DType::f32, device);
  std::string error;
  try {
    Tensor::ones({2}, DType::f64, device);
  } catch (const DeviceError& refused) {
    error = refused.what();
  }
  CHECK(error ==
        "[fill] need device no_f64, got one that cannot do this: need a device that computes in f64, got a card of the "
        "last century");
  CHECK(contains(to_string(describe(device)), "dtypes f32 i32 i64 bool"));
}

TEST_CASE("devices: lists what there is, and what is there but cannot be used") {
  const WithTestModules path;
  const std::vector<DeviceDescription> found = devices();
  REQUIRE(found.size() >= 2);
  for (size_t i : {0, 1}) {
    CHECK(found[i].name == (i == 0 ? "cpu" : "reference"));
    CHECK(found[i].abi == kernels_abi);
    CHECK(found[i].dtypes.size() == 5);
    CHECK(found[i].composed.empty());
    CHECK(contains(to_string(found[i]), "dtypes f32 f64 i32 i64 bool"));
  }
  if (WithTestModules::value("GRUS_TEST_MODULES").empty()) return;
  const auto missing = std::find_if(found.begin(), found.end(), [](const auto& d) { return d.name == "no_device"; });
  REQUIRE(missing != found.end());
  CHECK(contains(to_string(*missing), "no_device: not usable: [device] need a device no_device:0"));
}

// A user's machine may lack a driver; on the machines that judge changes, what was built must be usable.
TEST_CASE("devices: OpenCL, where it was built, has a driver and a device") {
  const std::vector<std::string> built = backend_names();
  if (std::find(built.begin(), built.end(), "opencl") == built.end()) return test::skip("OpenCL was not built");
  const std::string problem = refusal("opencl");
  if (problem.empty()) return;
  if (WithTestModules::value("CI") != "true") return test::skip(problem);
  FAIL_CHECK(problem);
}
