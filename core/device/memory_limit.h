#pragma once
#include <cstddef>
#include <string_view>

namespace grus {

/// Returns what GRUS_MEMORY_LIMIT allows a device, in bytes; 0 means no limit. Throws UsageError when it does not read
/// as a limit.
size_t initial_memory_limit(std::string_view device);

}  // namespace grus
