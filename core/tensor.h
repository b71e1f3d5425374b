#pragma once
// A tensor: a value handle on shared device memory. Contiguous and row-major; a slice of the leading axis and a reshape
// are views, everything else copies. No in-place operation is public, so a view and a copy cannot be told apart.
#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

#include "core/device.h"
#include "core/ref.h"
#include "core/shape.h"
#include "core/storage.h"

namespace grus {

class Leaf;

/// Which value of which tape a tensor is. Tape serials start at 1: 0 means "not recorded".
struct NodeRef {
  uint64_t tape = 0;
  int32_t value = -1;
};

class [[nodiscard]] Tensor {
 public:
  /// Undefined: no shape, no memory. A gradient that nothing reached is undefined.
  Tensor() = default;
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  /// Of variables alone: `x[0] = y` would change a view that nobody keeps, and does not compile.
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & noexcept = default;

  static Tensor empty(const Shape& shape, DType dtype = DType::f32, Device device = default_device());
  static Tensor full(const Shape& shape, double value, DType dtype = DType::f32, Device device = default_device());
  static Tensor zeros(const Shape& shape, DType dtype = DType::f32, Device device = default_device());
  static Tensor ones(const Shape& shape, DType dtype = DType::f32, Device device = default_device());
  /// start, start + 1, ..., end - 1 as i64.
  static Tensor arange(int64_t start, int64_t end, Device device = default_device());
  /// Copies host values; T is float, double, int32_t, int64_t (bool: from_bools). Throws ShapeError when the counts
  /// differ.
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape, Device device = default_device()) {
    return upload(values.data(), static_cast<int64_t>(values.size()), dtype_of<T>, shape, device);
  }
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape, Device device = default_device()) {
    return from(std::span<const T>(values), shape, device);
  }
  template <class T>
  static Tensor from(std::initializer_list<T> values, const Shape& shape, Device device = default_device()) {
    return from(std::span<const T>(values.begin(), values.size()), shape, device);
  }
  /// A vector (1-D) of the values.
  template <class T>
  static Tensor from(const std::vector<T>& values, Device device = default_device()) {
    return from(values, {static_cast<int64_t>(values.size())}, device);
  }
  static Tensor from_bools(const std::vector<bool>& values, const Shape& shape, Device device = default_device());

  bool defined() const { return static_cast<bool>(storage_); }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  /// Size of an axis; negative axes count from the end.
  int64_t dim(int axis) const { return shape_[normalize_axis(axis, rank(), "dim")]; }
  int64_t numel() const { return shape_.numel(); }
  DType dtype() const { return dtype_; }
  Device device() const {
    require<UsageError>(defined(), "[device] need a tensor, got an undefined one");
    return storage_->device();
  }

  /// The values on the host, in row-major order; T must be the element type. Waits for the device.
  template <class T>
  std::vector<T> to_vector() const {
    static_assert(!std::is_same_v<T, bool>, "use to_bools");
    std::vector<T> values(static_cast<size_t>(numel()));
    download(values.data(), dtype_of<T>);
    return values;
  }
  std::vector<bool> to_bools() const;
  /// The elements as they lie in memory, row-major: for files and transfers between devices.
  std::vector<std::byte> to_bytes() const {
    std::vector<std::byte> bytes(static_cast<size_t>(numel()) * size_of(dtype_));
    download(bytes.data(), dtype_);
    return bytes;
  }
  static Tensor from_bytes(std::span<const std::byte> bytes, const Shape& shape, DType dtype,
                           Device device = default_device()) {
    return upload(bytes.data(), static_cast<int64_t>(bytes.size() / size_of(dtype)), dtype, shape, device);
  }
  /// A copy on another device (this tensor when it is there already), not recorded.
  Tensor to(Device target) const {
    return target == device() ? detach() : from_bytes(to_bytes(), shape_, dtype_, target);
  }
  /// The one element of a tensor of any dtype, as a double. Throws ShapeError unless numel is 1.
  double item() const;

  /// Entry `index` (or rows [begin, end)) of the leading axis: a view, recorded. Negative counts from the end.
  Tensor operator[](int64_t index) const;
  Tensor rows(int64_t begin, int64_t end) const;
  /// The same elements under another shape: a view, recorded. One size may be -1: it is inferred.
  Tensor reshape(std::initializer_list<int64_t> dims) const;
  Tensor reshape(const Shape& shape) const;
  /// The same values, not recorded: gradients stop here.
  Tensor detach() const;
  /// A copy with memory of its own, not recorded.
  Tensor clone() const;

  // For ops and kernels.
  View view() const;
  /// This tensor as if it had shape `to` (stride 0 on broadcast axes).
  View broadcast_view(const Shape& to) const { return shape_ == to ? view() : repeating_view(to); }
  /// Collapsed to (product of leading axes, last axis); rows [begin, end) of that.
  Matrix matrix() const;
  Matrix matrix(int64_t begin, int64_t end) const;
  /// The same, for writing: raises the storage's version.
  View write_view();
  Matrix write_matrix();
  Matrix write_matrix(int64_t begin, int64_t end);
  /// Rows [begin, end) or another shape, as a view that is never recorded.
  Tensor unrecorded_rows(int64_t begin, int64_t end) const;
  Tensor unrecorded_reshape(const Shape& shape) const;
  bool shares_storage(const Tensor& other) const { return storage_ == other.storage_; }
  /// Whether both are the same view of the same memory.
  bool same_elements(const Tensor& other) const {
    return storage_ == other.storage_ && offset_ == other.offset_ && shape_ == other.shape_;
  }
  bool owns_storage_alone() const { return storage_ && storage_->unique(); }
  uint64_t version() const { return storage_->version(); }
  /// Bounds of all elements, where the host knows them: of integers that it uploaded, of full(), and of what an op says
  /// of its result. Spares a wait for the device.
  std::optional<Range> known_range() const { return storage_->known(); }
  void know_range(Range range) const { storage_->know(range); }

  const NodeRef& node() const { return node_; }
  Leaf* leaf() const { return leaf_.get(); }
  void set_node(NodeRef node) { node_ = node; }

 private:
  friend class Leaf;
  static Tensor upload(const void* values, int64_t count, DType dtype, const Shape& shape, Device device);
  void download(void* to, DType dtype) const;
  View repeating_view(const Shape& to) const;

  Ref<Storage> storage_;
  Shape shape_;
  int64_t offset_ = 0;  // elements
  DType dtype_ = DType::f32;
  NodeRef node_;
  Ref<Leaf> leaf_;
};

/// Throws DtypeError / DeviceError naming op and both sides unless a and b agree.
void require_same_kind(const char* op, const Tensor& a, const Tensor& b);
/// Throws DtypeError unless x is f32 or f64.
void require_float(const char* op, const Tensor& x);

}  // namespace grus

#include "core/leaf.h"  // completes Ref<Leaf>
