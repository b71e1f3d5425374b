#pragma once
// How many threads the kernels of this process share. There is one pool; see core/base/thread_pool.h.

namespace grus {

/// Threads that take part in one kernel, the calling one included: what was set last, or GRUS_NUM_THREADS, or the CPUs
/// this process may use. Results depend on this number only in the rounding of sums over many elements.
int num_threads();

/// Throws UsageError unless 1 <= threads <= 256, and in a part of a loop (core/tape/parts.h). Waits for the kernel, or
/// the loop, that is running, if any.
void set_num_threads(int threads);

}  // namespace grus
