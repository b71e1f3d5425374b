#pragma once
// Descriptions of the devices there are, for people.
#include <string>
#include <vector>

#include "core/device/device.h"

namespace grus {

/// Describes one device of one backend, or a backend that has none and why.
struct DeviceDescription {
  std::string name;         // name that Device takes
  std::string description;  // the backend's own line: hardware, memory, libraries
  uint32_t abi = 0;
  std::vector<DType> dtypes;
  std::vector<std::string> fused;     // the optional entries of the contract that it has
  std::vector<std::string> composed;  // the optional entries that ops compose instead
  std::string problem;                // why it cannot be used; all else but the name is then empty
};

/// Describes an opened device; to know its dtypes it asks the backend for one element of each.
DeviceDescription describe(Device device);

/// Opens and describes every device of every backend there is.
std::vector<DeviceDescription> devices();

/// Returns a description as lines of text.
std::string to_string(const DeviceDescription& device);

}  // namespace grus
