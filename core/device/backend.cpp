#include "core/device/backend.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "core/backend_folder.h"
#include "core/backends/backends.h"
#include "core/base/error.h"

namespace grus {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "libgrus_", suffix = ".so";

/// Returns the folder in which this very code lies: the library's, or that of the program it is linked into.
fs::path own_folder() {
  static const char here = 0;
  Dl_info info{};
  if (dladdr(&here, &info) == 0 || !info.dli_fname) return {};
  std::error_code none;
  return fs::absolute(info.dli_fname, none).parent_path();
}

std::vector<fs::path> folders() {
  std::vector<fs::path> found;
  const char* given = std::getenv("GRUS_BACKEND_PATH");
  std::string_view rest = given ? given : "";
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    if (end > 0) found.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  found.push_back(own_folder() / "grus");  // for a shared library
  found.push_back(own_folder().parent_path() / library_folder /
                  "grus");  // for a program in PREFIX/bin that holds the library
  found.emplace_back(installed_backends);
  return found;
}

std::optional<fs::path> module_of(std::string_view name) {
  std::error_code none;
  for (const fs::path& folder : folders())
    if (fs::path file = folder / fmt::format("{}{}{}", prefix, name, suffix); fs::exists(file, none)) return file;
  return std::nullopt;
}

const KernelTable* linked_in(std::string_view name) {
  if (name == "cpu") return &cpu_backend();
  if (name == "reference") return &reference_backend();
  return nullptr;
}

const KernelTable& load(const std::string& name, const fs::path& file) {
  // RTLD_LOCAL keeps a module's symbols to itself: two modules may hold functions of the same name.
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  const char* problem = module ? nullptr : dlerror();
  require<DeviceError>(module, "[device] need what backend {} is linked to, got: {}", name, problem ? problem : "");
  const auto symbol = reinterpret_cast<decltype(&grus_backend)>(dlsym(module, "grus_backend"));
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
    if (const auto file = module_of(name)) return load(name, *file);
  fail<DeviceError>(
      "[device] need one of the backends {}, got '{}'; others are modules {}NAME{} in GRUS_BACKEND_PATH or {}",
      fmt::join(backend_names(), ", "), name, prefix, suffix, installed_backends);
}

std::vector<std::string> backend_names() {
  std::vector<std::string> modules;
  std::error_code none;
  for (const fs::path& folder : folders())
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
