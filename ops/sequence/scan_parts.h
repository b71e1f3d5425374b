#pragma once
// Two ways lead through a loop in plain ops: step by step, or in segments that are checkpointed. Internal to ops.
#include "ops/sequence/scan.h"

namespace grus::scanning {

/// A loop runs fused where its cell can, or composed.
enum class Run { fused, composed };

/// Gives the first `count` tensors of a state.
std::vector<Tensor> tensors_of(const State& state, size_t count);
/// Gives the state that these tensors are.
State state_of(std::span<const Tensor> tensors);

/// Runs one step of the cell after another, over packed rows that `check` has seen.
Output step_by_step(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first, bool reverse);
/// Runs segments of options.checkpoint steps, of which the tape keeps the inputs only.
Output in_segments(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first,
                   const ScanOptions& options, Run run);

}  // namespace grus::scanning
