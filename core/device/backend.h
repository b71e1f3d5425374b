#pragma once
// Backends by name. `reference` and `cpu` are linked in; any other is a shared module `libgrus_NAME.so`, looked for in
// the folders of GRUS_BACKEND_PATH (colon-separated), beside the library in `grus/`, and where Grus was installed. A
// module is loaded when it is first asked for, checked for its ABI, and never unloaded.
#include <string>
#include <string_view>
#include <vector>

#include "core/device/kernels.h"

/// The one symbol a backend's module exports. `reference` computes on host memory: a new backend may start as a copy of
/// it and replace entry by entry. When reference.abi is not kernels_abi, return a table with nothing but your abi in
/// it.
extern "C" [[gnu::visibility("default")]] const grus::KernelTable* grus_backend(const grus::KernelTable& reference);

namespace grus {

/// Throws DeviceError in one sentence: no such backend (and where it was looked for), a module that cannot be loaded, a
/// module of another ABI (both versions).
const KernelTable& find_backend(const std::string& name);

/// The linked-in backends, then the modules there are, by name.
std::vector<std::string> backend_names();

}  // namespace grus
