#include "core/device.h"

#include <fmt/format.h>

#include <cstdlib>
#include <mutex>
#include <vector>

#include "core/backends/backends.h"
#include "core/error.h"
#include "core/storage.h"

namespace grus {
namespace {

const KernelTable* linked_in_backend(std::string_view name) {
  if (name == "cpu") return &cpu_backend();
  if (name == "reference") return &reference_backend();
  return nullptr;
}

/// Devices stay open until the process ends, so that tensors in static objects may outlive main.
DeviceState* open_device(std::string_view name) {
  static std::mutex mutex;
  static auto* const open = new std::vector<DeviceState*>;
  std::lock_guard lock(mutex);
  for (DeviceState* state : *open)
    if (state->name == name) return state;
  const KernelTable* table = linked_in_backend(name);
  require<DeviceError>(table != nullptr, "[device] there is no device '{}'; there are cpu and reference", name);
  require<DeviceError>(table->abi == kernels_abi, "[device] backend {} speaks ABI {}, this library {}", name,
                       table->abi, kernels_abi);
  Context* context = nullptr;
  const Status status = table->open(0, &context);
  require<DeviceError>(status == Status::ok, "[device] {} could not be opened: status {}", name,
                       static_cast<int>(status));
  open->push_back(new DeviceState(std::string(name), *table, context));
  return open->back();
}

Device initial_device() {
  const char* name = std::getenv("GRUS_DEVICE");
  return Device(name && *name ? name : "cpu");
}

Device& current_device() {
  thread_local Device device = initial_device();
  return device;
}

}  // namespace

Device::Device(std::string_view name) : state_(open_device(name)) {}
const std::string& Device::name() const { return state_->name; }
const KernelTable& Device::kernels() const { return state_->table; }
Context* Device::context() const { return state_->context; }
void Device::synchronize() const { check(kernels().synchronize(context()), "synchronize"); }

void Device::raise(Status status, const char* op) const {
  const char* what = kernels().last_error(context());
  fail<DeviceError>("[{}] device {} failed with status {}: {}", op, name(), static_cast<int>(status), what ? what : "");
}

Device default_device() { return current_device(); }
void set_default_device(Device device) { current_device() = device; }

MemoryStatistics memory_statistics(Device device) { return device.state().allocator.statistics(); }
void reset_peak_memory(Device device) { device.state().allocator.reset_peak(); }
void release_cached_memory(Device device) { device.state().allocator.release_cached(); }

}  // namespace grus
