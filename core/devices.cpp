#include "core/devices.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstring>

#include "core/backend.h"
#include "core/error.h"
#include "core/tensor.h"

namespace grus {
namespace {

// The optional entries, in the order of the table's end.
constexpr const char* optional_entries[] = {"gru_gates",          "gru_gates_backward", "attention",
                                            "attention_backward", "cross_entropy",      "lstm_gates",
                                            "lstm_gates_backward"};
constexpr size_t first_optional = offsetof(KernelTable, gru_gates);
static_assert(first_optional + std::size(optional_entries) * sizeof(void*) == sizeof(KernelTable),
              "every optional entry has its name here");

bool has_entry(const KernelTable& table, size_t index) {
  void* entry = nullptr;
  std::memcpy(&entry, reinterpret_cast<const char*>(&table) + first_optional + index * sizeof entry, sizeof entry);
  return entry != nullptr;
}

bool takes(Device device, DType dtype) {
  Tensor one = Tensor::empty({1}, dtype, device);
  return device.kernels().fill(device.context(), one.write_view(), 1) == Status::ok;
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
  for (size_t i = 0; i < std::size(optional_entries); ++i)
    (has_entry(table, i) ? about.fused : about.composed).emplace_back(optional_entries[i]);
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
