#pragma once
// The one door to a tensor's memory: for ops, kernels and optimizers of the library. What is written here is seen by
// every tensor on the same storage; a tape notices (the storage's version rises), and nothing is recorded.
#include "core/tensor/tensor.h"

namespace grus {

struct Raw {
  /// As kernels read it.
  static View view(const Tensor& x);
  /// As if it had shape `to` (stride 0 on broadcast axes).
  static View broadcast_view(const Tensor& x, const Shape& to) {
    return x.shape_ == to ? view(x) : repeating_view(x, to);
  }
  /// Collapsed to (product of leading axes, last axis); rows [begin, end) of that.
  static Matrix matrix(const Tensor& x);
  static Matrix matrix(const Tensor& x, int64_t begin, int64_t end);

  /// The same for writing: each raises the storage's version.
  static View write_view(Tensor& x);
  static Matrix write_matrix(Tensor& x);
  static Matrix write_matrix(Tensor& x, int64_t begin, int64_t end);

  /// Rows [begin, end), or another shape, on the same memory and without a past.
  static Tensor rows(const Tensor& x, int64_t begin, int64_t end);
  static Tensor reshape(const Tensor& x, const Shape& shape);

  static bool shares_storage(const Tensor& a, const Tensor& b) { return a.storage_ == b.storage_; }
  /// Whether both are the same part of the same memory, under one shape.
  static bool same_elements(const Tensor& a, const Tensor& b) {
    return a.storage_ == b.storage_ && a.offset_ == b.offset_ && a.shape_ == b.shape_;
  }
  static bool owns_storage_alone(const Tensor& x) { return x.storage_ && x.storage_->unique(); }
  static uint64_t version(const Tensor& x) { return x.storage_ ? x.storage_->version() : 0; }

  /// Bounds of all elements, where the host knows them: of integers that it uploaded, of full(), and of what an op says
  /// of its result. Spares a wait for the device.
  static std::optional<Range> known_range(const Tensor& x) { return x.storage_ ? x.storage_->known() : std::nullopt; }
  static void know_range(const Tensor& x, Range range) { x.storage_->know(range); }

  /// Makes x the value of a tape.
  static void set_node(Tensor& x, NodeRef node) { x.node_ = node; }

 private:
  static View repeating_view(const Tensor& x, const Shape& to);
};

}  // namespace grus
