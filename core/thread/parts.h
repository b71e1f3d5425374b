#pragma once
// Loops whose parts do not depend on one another, shared out among the threads of a device. In a part nothing is
// recorded, and the default device and the precision of products are the caller's. What else belongs to a thread, as
// its default_rng(), is the thread's own, so a part draws from a generator that it is given. Hooks of modules may be
// called at once.
#include <functional>

#include "core/device/device.h"

namespace grus {

/// Calls f(part, parts) for every part. Where the device computes on the host's threads (KernelTable::run_parts), there
/// is a part for each thread, if `most`, the largest number of parts, and `rows`, the rows of a kernel call of the
/// undivided loop, suffice. Otherwise there is one part, whose kernels have all threads. The first exception of a part
/// is thrown again when all have ended.
void in_parts(Device device, int64_t rows, int64_t most, const std::function<void(int part, int parts)>& f);

}  // namespace grus
