#pragma once
// What the files of the tape share: tape.cpp records, walk.cpp reads backwards, grads.cpp adds gradients up,
// anomaly.cpp looks for NaN.
#include <string>

#include "core/tape.h"

namespace grus {

inline constexpr size_t max_outputs = 8;

/// a + b as a recorded op, so that gradients of gradients see the accumulation.
Tensor recorded_sum(const Tensor& a, const Tensor& b);

/// "op in path.of.module", for messages.
std::string where(const Record& record);

bool is_finite(const Tensor& x);

}  // namespace grus
