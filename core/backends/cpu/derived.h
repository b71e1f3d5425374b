#pragma once
// Packed forms of a weight are kept in its buffer's slot. A form is made once per version of the buffer and place in
// it; when the version has moved it is made again in the memory it had. What a backward pass multiplies by (op(b)
// turned) takes the memory of what the forward pass did, so that a training holds each weight packed once; a weight
// whose forms are asked for in turns while it stays as it is keeps both.
#include <atomic>
#include <cstdint>
#include <utility>

#include "core/backends/cpu/product.h"
#include "core/device/kernels.h"

namespace grus::cpu {

/// A PackedWeight refers to op(b) in panels, which stay as they are while it lives and the buffer is not written.
class PackedWeight {
 public:
  PackedWeight() = default;
  PackedWeight(const float* panels, std::atomic<int>& users) : panels_(panels), users_(&users) {
    users.fetch_add(1, std::memory_order_relaxed);
  }
  PackedWeight(PackedWeight&& other) noexcept
      : panels_(std::exchange(other.panels_, nullptr)), users_(std::exchange(other.users_, nullptr)) {}
  PackedWeight& operator=(PackedWeight&&) = delete;
  ~PackedWeight() {
    if (users_) users_->fetch_sub(1, std::memory_order_release);
  }
  /// Returns the panels; null when there was no memory.
  const float* get() const { return panels_; }

 private:
  const float* panels_ = nullptr;
  std::atomic<int>* users_ = nullptr;
};

/// Returns the product whose right side is this one's turned, as the backward pass of a product has it.
Product<float> turned(Product<float> p);

/// Returns op(b) of `p`, which lies at `offset` of `buffer`.
PackedWeight packed_weight(DeviceBuffer* buffer, int64_t offset, const Product<float>& p);

/// Tells whether a product of many rows is the first that asks for op(b) since the buffer was written, notes it, and
/// gives up an older form that was used once. It then packs for itself alone: in a training it is the last one, too.
bool is_first_use(DeviceBuffer* buffer, int64_t offset, const Product<float>& p);

void drop_derived(DeviceBuffer* buffer);

/// Counts how often a weight was packed in this process, for guards of speed that need no clock.
int64_t weights_packed();

}  // namespace grus::cpu
