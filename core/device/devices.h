#pragma once
// What devices there are, for people.
#include <string>
#include <vector>

#include "core/device/device.h"

namespace grus {

/// One device of one backend, or a backend that has none and why.
struct DeviceDescription {
  std::string name;         // as Device takes it
  std::string description;  // the backend's own line: hardware, memory, libraries
  uint32_t abi = 0;
  std::vector<DType> dtypes;
  std::vector<std::string> fused;     // optional entries of the contract that it has
  std::vector<std::string> composed;  // those that ops compose instead
  std::string problem;                // why it cannot be used; then all else but the name is empty
};

/// What an opened device is. Asks its backend for one element of each dtype.
DeviceDescription describe(Device device);

/// Every device of every backend there is. Opens them all.
std::vector<DeviceDescription> devices();

/// The same as lines of text.
std::string to_string(const DeviceDescription& device);

}  // namespace grus
