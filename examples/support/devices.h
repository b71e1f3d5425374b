#pragma once
// A training on several devices of this machine: a thread each, all of which run the same program.
#include <functional>
#include <string>

namespace grus::programs {

/// Runs train(device, differ) for each device of `list`, as in "opencl:0,opencl:1", on a thread of its own, which is a
/// rank (parallel/threads.h); `differ` where they are of several kinds, which round differently. What others than the
/// first print on standard output goes nowhere. Returns the first one's exit code, and throws what one of them throws.
/// Throws UsageError for fewer than two devices, one that is named twice, another `device` than the program begins
/// with, and under a launcher of several processes; DeviceError for a device that is not there.
int on_devices(const std::string& list, const std::string& device,
               const std::function<int(const std::string& device, bool differ)>& train);

}  // namespace grus::programs
