#pragma once
// Shared modules that are loaded at run time lie in the folders of GRUS_BACKEND_PATH (colon-separated), beside the
// library in `grus/`, or where Grus was installed.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace grus {

/// Returns these folders; some may not exist.
std::vector<std::filesystem::path> module_folders();
/// Returns the first file of this name in them.
std::optional<std::filesystem::path> find_module(const std::string& file);

}  // namespace grus
