#pragma once
// Activation checkpointing (Chen et al. 2016) saves memory and costs time.
#include <functional>
#include <span>
#include <vector>

#include "core/tensor/random.h"
#include "core/tensor/tensor.h"

namespace grus {

/// y = f(inputs). The tape keeps the inputs alone, and backward calls f once more, with the random numbers of the first
/// time (default_rng, and `rng` when f draws from another). Gradients reach the inputs and the leaves that f uses; any
/// other tensor that carries a gradient must come as an input (UsageError). f must be deterministic. Checkpoints nest,
/// and their gradients have gradients.
Tensor checkpoint(const std::function<Tensor(std::span<const Tensor>)>& f, const std::vector<Tensor>& inputs,
                  Rng* rng = nullptr);
[[nodiscard]] std::vector<Tensor> checkpoint(const std::function<std::vector<Tensor>(std::span<const Tensor>)>& f,
                                             const std::vector<Tensor>& inputs, Rng* rng = nullptr);

}  // namespace grus
