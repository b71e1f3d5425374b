#pragma once
// Rows of dropout masks for kernels that make them as they need them.
#include <cstdint>

namespace grus::cpu {

/// y[j] = 0 with probability p, else 1 / (1 - p), for elements first + j, j < count, of a draw: as the entry `random`.
void keep_mask_row(uint64_t seed, uint64_t draw, double p, uint64_t first, int64_t count, float* y);

}  // namespace grus::cpu
