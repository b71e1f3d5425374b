#pragma once
// Loops whose parts do not depend on one another, shared out among the threads of a device.
#include <functional>

#include "core/device.h"

namespace grus {

/// Calls f(part, parts) for every part: several threads at once where the device computes on the host's threads
/// (KernelTable::run_parts) and `rows`, the rows of a kernel call were there one part, are enough for more; else f(0,
/// 1). Where there are more parts than one, kernels called in a part have one thread. Nothing is recorded, and the
/// default device is the caller's. What a part throws is thrown again when all have ended.
void in_parts(Device device, int64_t rows, const std::function<void(int part, int parts)>& f);

}  // namespace grus
