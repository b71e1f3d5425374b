#include "core/device/backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/backend_folder.h"
#include "core/backends/backends.h"
#include "core/base/error.h"
#include "core/device/modules.h"

namespace grus {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "libgrus_", suffix = ".so";

const KernelTable* linked_in(std::string_view name) {
  if (name == "cpu") return &cpu_backend();
  if (name == "reference") return &reference_backend();
  return nullptr;
}

const KernelTable& load(const std::string& name, const fs::path& file) {
  const auto symbol = reinterpret_cast<decltype(&grus_backend)>(module_symbol(file, "grus_backend", "device"));
  const KernelTable* table = symbol ? symbol(reference_backend()) : nullptr;
  require<DeviceError>(table, "[device] need a module that exports grus_backend, got {}", file.string());
  require<DeviceError>(table->abi == kernels_abi, "[device] need a backend {} of ABI {}, got {} of ABI {}", name,
                       kernels_abi, file.string(), table->abi);
  return *table;
}

}  // namespace

const KernelTable& find_backend(const std::string& name) {
  if (const KernelTable* table = linked_in(name)) return *table;
  if (name.find('/') == std::string::npos)
    if (const auto file = find_module(fmt::format("{}{}{}", prefix, name, suffix))) return load(name, *file);
  fail<DeviceError>(
      "[device] need one of the backends {}, got '{}'; others are modules {}NAME{} in GRUS_BACKEND_PATH or {}",
      fmt::join(backend_names(), ", "), name, prefix, suffix, installed_backends);
}

std::vector<std::string> backend_names() {
  std::vector<std::string> modules;
  std::error_code none;
  for (const fs::path& folder : module_folders())
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      const std::string file = entry.path().filename();
      if (file.size() > prefix.size() + suffix.size() && file.starts_with(prefix) && file.ends_with(suffix))
        modules.push_back(file.substr(prefix.size(), file.size() - prefix.size() - suffix.size()));
    }
  std::sort(modules.begin(), modules.end());
  modules.erase(std::unique(modules.begin(), modules.end()), modules.end());
  modules.insert(modules.begin(), {"cpu", "reference"});
  return modules;
}

}  // namespace grus
