#pragma once
// The devices that tests run on.
#include <vector>

#include "core/backend.h"
#include "core/device.h"
#include "core/error.h"

namespace grus::test {

/// The first device of every backend that can be used here, reference first.
inline const std::vector<Device>& every_device() {
  static const std::vector<Device> all = [] {
    std::vector<Device> found = {Device("reference")};
    for (const std::string& name : backend_names()) {
      if (name == "reference") continue;
      try {
        found.emplace_back(name);
      } catch (const DeviceError&) {  // no driver, no device: tests/core/backend.cpp says which are missing
      }
    }
    return found;
  }();
  return all;
}

}  // namespace grus::test
