#pragma once
// Loops whose parts do not depend on one another, shared out among the threads of a device.
#include <functional>

#include "core/device/device.h"

namespace grus {

/// Calls f(part, parts) for every part: one on each thread where the device computes on the host's threads
/// (KernelTable::run_parts), there can be so many (`most`) and `rows`, those of a kernel call were there one part, are
/// enough for all; else f(0, 1), whose kernels have all threads.
///
/// In a part nothing is recorded and the default device is the caller's. What else belongs to a thread, as its
/// default_rng(), is the thread's own, so that a part draws from a generator that it is given; hooks of modules may be
/// called at once. What a part throws first is thrown again when all have ended.
void in_parts(Device device, int64_t rows, int64_t most, const std::function<void(int part, int parts)>& f);

}  // namespace grus
