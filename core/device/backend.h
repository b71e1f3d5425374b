#pragma once
// Backends by name. `reference` and `cpu` are linked in; any other is a shared module `libgrus_NAME.so`, looked for in
// the folders of GRUS_BACKEND_PATH (colon-separated), beside the library in `grus/`, and where Grus was installed. A
// module is loaded when it is first asked for, checked for its ABI, and never unloaded.
#include <string>
#include <string_view>
#include <vector>

#include "core/device/kernels.h"

/// A backend's module exports this one symbol. `reference` computes on host memory: a new backend may start as a copy
/// of it and replace entry by entry. When reference.abi is not kernels_abi, the function returns a table that holds its
/// own abi and nothing else.
extern "C" [[gnu::visibility("default")]] const grus::KernelTable* grus_backend(const grus::KernelTable& reference);

namespace grus {

/// Returns a backend's table. Throws DeviceError in one sentence when there is no such backend (with the places
/// searched), or its module cannot be loaded or has another ABI (with both versions).
const KernelTable& find_backend(const std::string& name);

/// Names of the backends that are linked in, then of the modules that can be found.
std::vector<std::string> backend_names();

}  // namespace grus
