#pragma once
// A fused op stands beside its composed twin: the equations in plain ops. The twin is the test oracle, the fallback of
// a backend without the fused kernel, and the path of double backward.
#include <span>

#include "core/tape.h"

namespace grus {

/// False when GRUS_KERNELS=composed: every op then runs its twin.
bool fused_kernels_wanted();

/// Under create_graph: adds the gradients of the twin's outputs, seeded with this record's dy, to the record's inputs
/// (same order; an output whose dy is undefined is left out).
void differentiate_twin(Grads& dx, std::initializer_list<TensorArg> inputs,
                        std::initializer_list<TensorArg> twin_outputs);

}  // namespace grus
