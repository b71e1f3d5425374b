#pragma once
// Shared modules that are loaded at run time lie in the folders of GRUS_BACKEND_PATH (colon-separated), beside the
// library in `grus/`, or where Grus was installed. A static program has none: modules_absent.cpp.
// Sources: modules.cpp, modules_absent.cpp.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace grus {

/// Returns these folders; some may not exist.
std::vector<std::filesystem::path> module_folders();
/// Returns the first file of this name in them.
std::optional<std::filesystem::path> find_module(const std::string& file);
/// Loads a module and returns the address of a symbol; null where it has none. With `for_all` the libraries that it
/// loads see its symbols. Throws DeviceError "[WHO] need what MODULE is linked to, got ...".
void* module_symbol(const std::filesystem::path& file, const char* symbol, const char* who, bool for_all = false);

}  // namespace grus
