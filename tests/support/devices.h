#pragma once
// The devices that tests run on.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/device/device.h"

namespace grus::test {

/// Lists "reference", then the devices that GRUS_TEST_DEVICES names, separated by commas ("cpu" without it): a backend
/// that is a module has tests of its own in meson.build. A device that cannot be used here is named as skipped; where
/// changes are judged (CI=true) OpenCL must be there, by PoCL.
inline const std::vector<Device>& every_device() {
  static const std::vector<Device> all = [] {
    std::vector<Device> found = {Device("reference")};
    const auto value = [](const char* name) {
      const char* const text = std::getenv(name);
      return std::string_view(text ? text : "");
    };
    std::string_view names = value("GRUS_TEST_DEVICES").empty() ? "cpu" : value("GRUS_TEST_DEVICES");
    while (!names.empty()) {
      const size_t end = std::min(names.find(','), names.size());
      const std::string_view name = names.substr(0, end);
      names.remove_prefix(std::min(end + 1, names.size()));
      try {
        found.emplace_back(name);
      } catch (const DeviceError& error) {
        if (value("CI") == "true" && name == "opencl") throw;
        fmt::print("skipped: {}\n", error.what());
      }
    }
    return found;
  }();
  return all;
}

}  // namespace grus::test
