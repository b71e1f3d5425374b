#pragma once
// In the place of the file that meson makes: a browser has no folder of modules.
namespace grus {
inline constexpr const char* installed_backends = "";
inline constexpr const char* library_folder = "";
}  // namespace grus
