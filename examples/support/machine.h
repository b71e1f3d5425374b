#pragma once
// A program chooses its machine here.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/device/precision.h"

namespace grus {

/// Sets the device of new tensors, the number of threads (0 leaves it as it is) and the precision of products. Throws
/// UsageError for bf16 on a device that lacks it.
void use_machine(std::string_view device, int64_t threads, Precision precision = Precision::f32);
/// Returns "Grus 0.1.0 ..." with the kernels that run here.
std::string version_text();

}  // namespace grus
