#pragma once
// Activation checkpointing (Chen et al. 2016): memory for time.
#include <functional>
#include <span>
#include <vector>

#include "core/tensor/random.h"
#include "core/tensor/tensor.h"

namespace grus {

/// f(inputs), of which the tape keeps the inputs only: backward calls f once more, with the random numbers of the first
/// time (default_rng, and `rng` when f draws from another). Gradients reach the inputs and the leaves that f uses; a
/// tensor that carries a gradient must come as an input (UsageError otherwise). f must be deterministic. Nests, and its
/// gradient has a gradient.
Tensor checkpoint(const std::function<Tensor(std::span<const Tensor>)>& f, const std::vector<Tensor>& inputs,
                  Rng* rng = nullptr);
[[nodiscard]] std::vector<Tensor> checkpoint(const std::function<std::vector<Tensor>(std::span<const Tensor>)>& f,
                                             const std::vector<Tensor>& inputs, Rng* rng = nullptr);

}  // namespace grus
