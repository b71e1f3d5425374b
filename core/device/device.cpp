#include "core/device/device.h"

#include <fmt/format.h>

#include <cstdlib>

#include "core/base/error.h"

namespace grus {
namespace {

Device& current_device() {
  thread_local Device device(initial_device_name());
  return device;
}

}  // namespace

void Device::synchronize() const { check(kernels().synchronize(context()), "synchronize"); }

void Device::raise(Status status, const char* op) const {
  constexpr const char* kinds[] = {"", "too little memory", "one that cannot do this", "a lost device", "a failure"};
  const char* what = kernels().last_error(context());
  fail<DeviceError>("[{}] need device {}, got {}: {}", op, name(), kinds[static_cast<int>(status)], what ? what : "");
}

std::string initial_device_name() {
  const char* name = std::getenv("GRUS_DEVICE");
  return name && *name ? name : "cpu";
}

Device default_device() { return current_device(); }
void set_default_device(Device device) { current_device() = device; }

}  // namespace grus
