#pragma once
// The environment variables that choose how Grus runs.
#include <string>
#include <vector>

namespace grus {

/// Throws UsageError for a variable whose value means nothing: GRUS_NUM_THREADS, GRUS_KERNELS, GRUS_ISA. It is called
/// before the first device is opened, so that nothing runs otherwise than was asked for.
void check_environment();

/// Gives the names that begin with GRUS_ and that nothing reads, as they stand in the environment.
std::vector<std::string> unknown_variables();
/// Gives the names that the library reads: "GRUS_BACKEND_PATH, GRUS_CUDA_PRODUCTS, ...".
std::string known_variables();

}  // namespace grus
