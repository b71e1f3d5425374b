#pragma once
#include <vector>

#include "core/tensor/tensor.h"

namespace grus {

/// item() of each, with one wait for the device where all share device and dtype: what a training step has to tell.
std::vector<double> items(const std::vector<Tensor>& scalars);

}  // namespace grus
