// In the place of modules.cpp, for programs that load nothing at run time.
#include "core/base/error.h"
#include "core/device/modules.h"

namespace grus {

std::vector<std::filesystem::path> module_folders() { return {}; }
std::optional<std::filesystem::path> find_module(const std::string&) { return std::nullopt; }
void* module_symbol(const std::filesystem::path& file, const char*, const char* who, bool) {
  fail<DeviceError>("[{}] need a program that loads modules for {}, got one that is whole", who, file.string());
}

}  // namespace grus
