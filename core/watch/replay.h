#pragma once
// Reading what a record's backward function does.
#include <vector>

#include "core/tape/tape.h"

namespace grus {

/// Runs a record's backward function onto `nested`, the active tape, as create_graph would with gradients of zeros, so
/// that a fused op records its twin there. Gives the values of the record's saved tensors on `nested`, -1 for none.
std::vector<int32_t> replay(const Tape& tape, const Record& record, Tape& nested);

}  // namespace grus
