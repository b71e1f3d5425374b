#pragma once
// Devices: a kernel table, its context, and the allocator that stands on it.
// Sources: device.cpp, open_device.cpp (a device by its name).
#include <atomic>
#include <string>
#include <string_view>

#include "core/base/text_formatter.h"
#include "core/device/kernels.h"

namespace grus {

/// A Device refers to an OpenDevice. Its allocator stands beside it, in DeviceState (core/device/storage.h).
struct OpenDevice {
  const std::string name;
  const KernelTable& own_table;           // the backend's table
  std::atomic<const KernelTable*> table;  // own_table, or its observed copy (core/device/kernel_calls.h): it is called
  Context* const context;
};

/// A value handle for an opened device. Devices are opened once and live as long as the process.
class Device {
 public:
  /// "cpu", "reference", or a backend's name and an index, as in "opencl:1" (0 when it is left out). Throws DeviceError
  /// in one sentence: no such backend, a module of another ABI, a driver or device that is not there. Written in
  /// core/device/open_device.cpp.
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

}  // namespace grus

template <>
struct fmt::formatter<grus::Device> : grus::TextFormatter {
  auto format(const grus::Device& device, fmt::format_context& context) const { return write(device.name(), context); }
};
