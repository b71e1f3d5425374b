#pragma once
// Packed forms of a weight are kept in its buffer's slot. A form is made once per version of the buffer and place in
// it; when the version has moved it is made again in the memory it had.
#include <cstdint>

#include "core/backends/cpu/product.h"
#include "core/device/kernels.h"

namespace grus::cpu {

/// Returns op(b) of `p`, which lies at `offset` of `buffer`, in panels; null when there is no memory. The result is
/// valid until the buffer is written.
const float* packed_weight(DeviceBuffer* buffer, int64_t offset, const Product<float>& p);

void drop_derived(DeviceBuffer* buffer);

/// Counts how often packed_weight packed in this process, for guards of speed that need no clock.
int64_t weights_packed();

}  // namespace grus::cpu
