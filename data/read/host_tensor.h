#pragma once
// Tensors whose elements the host reads and writes.
#include <cstddef>
#include <span>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::data {

/// Returns the device whose memory is the host's.
Device host_device();
/// Returns x in the host's memory: itself where it is there.
Tensor on_host(const Tensor& x);
/// Copies all elements to `to`, which has room for them.
void copy_elements(const Tensor& x, std::byte* to);

}  // namespace grus::data
