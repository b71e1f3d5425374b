#include "core/device/modules.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "core/backend_folder.h"
#include "core/base/error.h"

namespace grus {
namespace {

namespace fs = std::filesystem;

/// Returns the folder in which this very code lies: the library's, or that of the program it is linked into.
fs::path own_folder() {
  static const char here = 0;
  Dl_info info{};
  if (dladdr(&here, &info) == 0 || !info.dli_fname) return {};
  std::error_code none;
  return fs::absolute(info.dli_fname, none).parent_path();
}

}  // namespace

std::vector<fs::path> module_folders() {
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

std::optional<fs::path> find_module(const std::string& file) {
  std::error_code none;
  for (const fs::path& folder : module_folders())
    if (fs::path at = folder / file; fs::exists(at, none)) return at;
  return std::nullopt;
}

void* module_symbol(const fs::path& file, const char* symbol, const char* who, bool for_all) {
  // RTLD_LOCAL keeps a module's symbols to itself: two modules may hold functions of the same name.
  void* module = dlopen(file.c_str(), RTLD_NOW | (for_all ? RTLD_GLOBAL : RTLD_LOCAL));
  const char* problem = module ? nullptr : dlerror();
  require<DeviceError>(module, "[{}] need what {} is linked to, got: {}", who, file.string(), problem ? problem : "");
  return dlsym(module, symbol);
}

}  // namespace grus
