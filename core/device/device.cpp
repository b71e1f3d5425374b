#include "core/device/device.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "core/base/error.h"
#include "core/device/backend.h"
#include "core/device/environment.h"
#include "core/device/kernel_calls.h"
#include "core/device/memory_limit.h"
#include "core/device/storage.h"

namespace grus {
namespace {

/// A device's name in its one form: "opencl" and "opencl:0" are one device, as "cpu" and "cpu:0" are, and the first
/// device of a backend goes by the backend's name alone.
struct DeviceName {
  std::string backend;
  int index = 0;
  std::string text() const { return index == 0 ? backend : fmt::format("{}:{}", backend, index); }
};

DeviceName parse(std::string_view name) {
  const size_t colon = name.find(':');
  DeviceName parsed{std::string(name.substr(0, colon))};
  if (colon == std::string_view::npos) return parsed;
  const std::string_view digits = name.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.index);
  require<DeviceError>(error == std::errc() && end == digits.data() + digits.size() && parsed.index >= 0,
                       "[device] need a backend and a number as in cpu:0, got '{}'", name);
  return parsed;
}

/// Devices stay open until the process ends, so that tensors in static objects may outlive main.
DeviceState* open_device(std::string_view name) {
  static std::mutex mutex;
  static auto* const open = new std::vector<DeviceState*>;
  const DeviceName wanted = parse(name);
  std::lock_guard lock(mutex);
  for (DeviceState* state : *open)
    if (state->name == wanted.text()) return state;
  check_environment();
  const size_t limit = initial_memory_limit(wanted.text());
  const KernelTable& table = find_backend(wanted.backend);
  Context* context = nullptr;
  if (table.open(wanted.index, &context) != Status::ok) {
    const char* problem = table.last_error(nullptr);
    fail<DeviceError>("[device] need a device {}, got: {}", name, problem ? problem : "");
  }
  open->push_back(new DeviceState(wanted.text(), table, context));
  open->back()->allocator.set_limit(limit);
  make_observable(*open->back());
  return open->back();
}

Device& current_device() {
  thread_local Device device(initial_device_name());
  return device;
}

}  // namespace

Device::Device(std::string_view name) : state_(open_device(name)) {}
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

MemoryStatistics memory_statistics(Device device) { return allocator_of(device).statistics(); }
void reset_peak_memory(Device device) { allocator_of(device).reset_peak(); }
void set_memory_limit(Device device, size_t bytes) { allocator_of(device).set_limit(bytes); }
void release_cached_memory(Device device) { allocator_of(device).release_cached(); }

}  // namespace grus
