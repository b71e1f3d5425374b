#pragma once
// Folders that a program writes into.
#include <filesystem>

namespace grus {

/// Makes the folder and those above it that are missing. Throws Error that names it and the system's reason.
void make_folder(const std::filesystem::path& folder);

}  // namespace grus
