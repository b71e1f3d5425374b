#pragma once
// A replay shows what a record's backward function does.
#include <vector>

#include "core/tape/tape.h"

namespace grus {

/// Runs a record's backward function onto `nested`, the active tape, as create_graph would with gradients of zeros, so
/// that a fused op records its twin there. Returns the value ids on `nested` of the record's saved tensors, -1 for an
/// undefined one.
std::vector<int32_t> replay(const Tape& tape, const Record& record, Tape& nested);

}  // namespace grus
