#pragma once
// The two ways through a loop that has no fused one. Internal to ops.
#include "ops/scan.h"

namespace grus::scanning {

/// Whether a cell's fused loop is asked for.
enum class Run { fused, composed };

/// The first `count` tensors of a state, and back.
std::vector<Tensor> tensors_of(const State& state, size_t count);
State state_of(std::span<const Tensor> tensors);

/// One step of the cell after another, over packed rows that `check` has seen.
Output step_by_step(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first, bool reverse);
/// Loops over some steps each, of which the tape keeps the inputs only: the options' checkpoint says how many steps.
Output in_segments(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first,
                   const ScanOptions& options, Run run);

}  // namespace grus::scanning
