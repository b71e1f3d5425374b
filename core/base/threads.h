#pragma once
// The number of threads that the kernels of this process share. There is one pool; see core/base/thread_pool.h.

namespace grus {

/// Number of threads that take part in one kernel, the calling one included: the number set last, else
/// GRUS_NUM_THREADS, else the CPUs that this process may use. Results depend on it only in the rounding of sums over
/// many elements.
int num_threads();

/// Sets the number of threads once the running kernel or loop, if any, has ended. Throws UsageError unless 1 <= threads
/// <= 256, and within a part of a loop (core/thread/parts.h).
void set_num_threads(int threads);

}  // namespace grus
