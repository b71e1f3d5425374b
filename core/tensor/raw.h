#pragma once
// The one door to a tensor's memory, for ops, kernels and optimizers of the library. Every tensor on the same storage
// sees what is written here; a tape notices (the storage's version rises), and nothing is recorded.
#include <algorithm>

#include "core/tensor/tensor.h"

namespace grus {

struct Raw {
  /// Returns x as kernels read it.
  static View view(const Tensor& x) {
    if (!x.storage_) [[unlikely]]
      fail_undefined();
    View view;
    view.buffer = x.storage_->buffer();
    view.offset = x.offset_;
    view.dtype = x.dtype_;
    view.rank = x.shape_.rank();
    std::copy_n(x.shape_.begin(), max_rank, view.dims);  // all axes: a count that the compiler knows
    int64_t stride = 1;
    for (int axis = view.rank - 1; axis >= 0; --axis) {
      view.strides[axis] = stride;
      stride *= view.dims[axis];
    }
    return view;
  }
  /// Returns x as kernels read it where it is broadcast to shape `to`: broadcast axes have stride 0.
  static View broadcast_view(const Tensor& x, const Shape& to) {
    return &x.shape_ == &to || x.shape_ == to ? view(x) : repeating_view(x, to);
  }
  /// Returns x, or rows [begin, end) of it, as a matrix of (product of the leading axes, last axis).
  static Matrix matrix(const Tensor& x);
  static Matrix matrix(const Tensor& x, int64_t begin, int64_t end);

  // Writers raise the storage's version.
  static View write_view(Tensor& x) {
    x.storage_->raise_version();
    return view(x);
  }
  static Matrix write_matrix(Tensor& x);
  static Matrix write_matrix(Tensor& x, int64_t begin, int64_t end);

  /// Returns entries [begin, end) of the leading axis, on the same memory and with nothing recorded.
  static Tensor rows(const Tensor& x, int64_t begin, int64_t end);
  /// Returns x under another shape of as many elements, on the same memory and with nothing recorded.
  static Tensor reshape(const Tensor& x, const Shape& shape);

  static Storage& storage(const Tensor& x) { return *x.storage_; }
  static int64_t offset(const Tensor& x) { return x.offset_; }
  /// Returns x's shape and node on other memory, which holds its elements as `dtype` from `offset` on.
  static Tensor on(const Tensor& x, Ref<Storage> memory, int64_t offset, DType dtype) {
    Tensor y(std::move(memory), x.shape_, dtype);
    y.offset_ = offset;
    y.node_ = x.node_;
    return y;
  }

  static bool shares_storage(const Tensor& a, const Tensor& b) { return a.storage_ == b.storage_; }
  /// Tells whether both are one part of one memory, under one shape.
  static bool same_elements(const Tensor& a, const Tensor& b) {
    return a.storage_ == b.storage_ && a.offset_ == b.offset_ && a.shape_ == b.shape_;
  }
  static bool owns_storage_alone(const Tensor& x) { return x.storage_ && x.storage_->unique(); }
  static uint64_t version(const Tensor& x) { return x.storage_ ? x.storage_->version() : 0; }

  /// Returns bounds of all elements where the host knows them, which spares a wait for the device. It knows them of
  /// integers that it uploaded, of full(), and where an op told them of its result by know_range().
  static std::optional<Range> known_range(const Tensor& x) { return x.storage_ ? x.storage_->known() : std::nullopt; }
  static void know_range(const Tensor& x, Range range) { x.storage_->know(range); }

  /// Makes x undefined. It is quicker than x = Tensor(), and leaves a shape that nobody may ask for.
  static void drop(Tensor& x) {
    x.storage_ = {};
    x.leaf_ = {};
    x.node_ = {};
  }

  /// Makes x a value of a tape.
  static void set_node(Tensor& x, NodeRef node) { x.node_ = node; }

 private:
  static View repeating_view(const Tensor& x, const Shape& to);
  [[noreturn]] static void fail_undefined();
};

}  // namespace grus
