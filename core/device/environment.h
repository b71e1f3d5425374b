#pragma once
// The environment variables that choose how Grus runs.

namespace grus {

/// Throws UsageError for a variable whose value means nothing: GRUS_NUM_THREADS, GRUS_KERNELS, GRUS_ISA. It is called
/// before the first device is opened, so that nothing runs otherwise than was asked for.
void check_environment();

}  // namespace grus
