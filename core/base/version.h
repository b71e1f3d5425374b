#pragma once
// The version of the library, "0.1.0"; the build writes its source from meson.build.

namespace grus {

extern const char* const version;

}  // namespace grus
