#pragma once
// Ranks that are threads of one process: a device each, or tests of what ranks do together.
#include <functional>

#include "parallel/communicator.h"

namespace grus::parallel {

/// Runs work(ranks) on so many threads at once, each of which is a rank whose world() is `ranks`, and whose generator
/// begins as the caller's. Throws the first error of a rank behind the end of all; the others stop when they wait for
/// it. `neighbours` as for a Communicator.
void run_on_threads(int size, const std::function<void(Communicator&)>& work, int neighbours = 1);

}  // namespace grus::parallel
