#include "core/device/devices.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/device/backend.h"
#include "core/device/kernel_calls.h"
#include "core/device/storage.h"

namespace grus {
namespace {

bool takes(Device device, DType dtype) {
  Storage* const storage = Storage::create(size_of(dtype), device);
  const View one{storage->buffer(), 0, dtype, 1, {1}, {1}};
  const bool filled = device.kernels().fill(device.context(), one, 1) == Status::ok;
  storage->release();
  return filled;
}

}  // namespace

DeviceDescription describe(Device device) {
  const KernelTable& table = device.kernels();
  DeviceDescription about;
  about.name = device.name();
  about.description = table.describe(device.context());
  about.abi = table.abi;
  for (DType dtype : {DType::f32, DType::f64, DType::i32, DType::i64, DType::boolean})
    if (takes(device, dtype)) about.dtypes.push_back(dtype);
  const bool runs_on_host = table.run_parts != nullptr;  // which has no launches to spare
  for (const KernelEntry& entry : kernel_entries(table)) {
    if (entry.need == Need::required || entry.need == Need::spared) continue;
    if (entry.present) about.fused.emplace_back(entry.name);
    else if (entry.need != Need::launched || !runs_on_host) about.composed.emplace_back(entry.name);
  }
  return about;
}

std::vector<DeviceDescription> devices() {
  std::vector<DeviceDescription> found;
  for (const std::string& backend : backend_names())
    for (int index = 0;; ++index) {
      try {
        found.push_back(describe(Device(fmt::format("{}:{}", backend, index))));
      } catch (const DeviceError& error) {
        if (index == 0) {
          found.emplace_back().name = backend;
          found.back().problem = error.what();
        }
        break;
      }
    }
  return found;
}

std::string to_string(const DeviceDescription& device) {
  if (!device.problem.empty()) return fmt::format("{}: not usable: {}\n", device.name, device.problem);
  std::vector<const char*> dtypes;
  for (DType dtype : device.dtypes) dtypes.push_back(name_of(dtype));
  std::string text =
      fmt::format("{}: {}\n  ABI {}, dtypes {}\n", device.name, device.description, device.abi, fmt::join(dtypes, " "));
  if (!device.fused.empty()) text += fmt::format("  fused: {}\n", fmt::join(device.fused, " "));
  if (!device.composed.empty()) text += fmt::format("  composed: {}\n", fmt::join(device.composed, " "));
  return text;
}

}  // namespace grus
