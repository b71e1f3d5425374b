#pragma once
// Devices: a kernel table, its context, and the allocator that stands on it.
#include <atomic>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "core/device/kernels.h"

namespace grus {

/// What a Device refers to. Its allocator stands beside it, in DeviceState (core/device/storage.h).
struct OpenDevice {
  const std::string name;
  const KernelTable& own_table;           // the backend's
  std::atomic<const KernelTable*> table;  // what is called: the same, or its observed copy (core/device/kernel_calls.h)
  Context* const context;
};

/// A value handle for an opened device. Devices are opened once and live as long as the process.
class Device {
 public:
  /// "cpu", "reference", or a backend's name and an index, as in "opencl:1" (0 when it is left out). Throws DeviceError
  /// in one sentence: no such backend, a module of another ABI, a driver or device that is not there.
  explicit Device(std::string_view name);
  explicit Device(OpenDevice* state) : state_(state) {}

  const std::string& name() const { return state_->name; }
  const KernelTable& kernels() const { return *state_->table.load(std::memory_order_relaxed); }
  Context* context() const { return state_->context; }
  OpenDevice& state() const { return *state_; }
  bool operator==(const Device& other) const = default;

  /// Throws DeviceError with the backend's last message unless status is ok.
  void check(Status status, const char* op) const {
    if (status != Status::ok) [[unlikely]]
      raise(status, op);
  }
  void synchronize() const;

 private:
  [[noreturn]] void raise(Status status, const char* op) const;
  OpenDevice* state_;
};

/// The value of GRUS_DEVICE, else "cpu": what a program's --device begins with.
std::string initial_device_name();

/// The device of new tensors: the initial one, or the last one set on this thread.
Device default_device();
void set_default_device(Device device);

/// What a device's allocator holds, in bytes. `live`: handed out now; `peak`: the most it ever was; `cached`: free but
/// kept, but for large buffers that the backend keeps itself, as cpu does.
struct MemoryStatistics {
  size_t live, peak, cached;
  size_t allocations;  // calls that reached the backend
  size_t limit;        // of live and cached together; 0: none
};
MemoryStatistics memory_statistics(Device device);
void reset_peak_memory(Device device);
void release_cached_memory(Device device);
/// Tensors that would need more throw DeviceError, and nothing is lost by it; 0: no limit. Begins as GRUS_MEMORY_LIMIT
/// says: "2G" for every device, or "cpu=2G,opencl=512M" (K, M, G of 1024).
void set_memory_limit(Device device, size_t bytes);

}  // namespace grus

template <>
struct fmt::formatter<grus::Device> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(const grus::Device& device, Context& context) const {
    return fmt::format_to(context.out(), "{}", device.name());
  }
};
