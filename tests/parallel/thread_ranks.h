#pragma once
// Ranks that are threads of one process, for tests of what ranks do together without MPI.
#include "parallel/threads.h"

namespace grus::test {

/// Runs work(ranks) on so many threads, and throws the first error of a rank. Others then stop waiting.
inline void run_ranks(int size, const std::function<void(parallel::Communicator&)>& work, int neighbours = 1) {
  parallel::run_on_threads(size, work, neighbours);
}

}  // namespace grus::test
