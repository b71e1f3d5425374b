#pragma once
#include "ops/sequence/scan.h"
#include "seq2seq/architecture.h"

namespace grus::seq2seq {

/// Returns the states of all layers, h then c, each (rows, H): tensors whose rows a search can gather.
DecoderState layers_of(const State& state);
/// Stacks them again: h (L, rows, H), and c where there is one.
State state_of(const DecoderState& layers, int64_t count);

}  // namespace grus::seq2seq
