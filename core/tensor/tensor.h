#pragma once
// A tensor: a value handle on shared device memory. Contiguous and row-major; a slice of the leading axis and a reshape
// are views, everything else copies. No in-place operation is public, so a view and a copy cannot be told apart.
#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

#include "core/base/ref.h"
#include "core/base/shape.h"
#include "core/device/device.h"
#include "core/device/storage.h"

namespace grus {

/// What tensors know of a leaf (core/tensor/leaf.h) that they are the value of. Every LeafBase is a Leaf.
class LeafBase {
 public:
  LeafBase(const LeafBase&) = delete;
  LeafBase& operator=(const LeafBase&) = delete;

  bool requires_grad = true;

  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 protected:
  LeafBase() = default;
  virtual ~LeafBase() = default;

 private:
  std::atomic<int32_t> references_{1};
};

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
  /// start, start + 1, ..., end - 1 as i64. Throws UsageError when end < start.
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
    download(values.data(), dtype_of<T>, "to_vector");
    return values;
  }
  std::vector<bool> to_bools() const;
  /// The elements as they lie in memory, row-major: for files and transfers between devices.
  std::vector<std::byte> to_bytes() const {
    std::vector<std::byte> bytes(static_cast<size_t>(numel()) * size_of(dtype_));
    download(bytes.data(), dtype_, "to_bytes");
    return bytes;
  }
  static Tensor from_bytes(std::span<const std::byte> bytes, const Shape& shape, DType dtype,
                           Device device = default_device()) {
    require(bytes.size() % size_of(dtype) == 0, "[from_bytes] need elements of {} bytes, got {} bytes", size_of(dtype),
            bytes.size());
    return upload(bytes.data(), static_cast<int64_t>(bytes.size() / size_of(dtype)), dtype, shape, device);
  }
  /// A copy on another device (this tensor when it is there already), not recorded.
  Tensor to(Device target) const {
    require_defined("to");
    return target == device() ? detach() : from_bytes(to_bytes(), shape_, dtype_, target);
  }
  /// The one element of a tensor of any dtype, as a double. Throws ShapeError unless numel is 1, UsageError for an i64
  /// that no double is.
  double item() const;
  /// The one element; T must be the element type.
  template <class T>
  T item() const {
    require_one_element();
    T value{};
    download(&value, dtype_of<T>, "item");
    return value;
  }

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
  uint64_t version() const { return storage_ ? storage_->version() : 0; }
  /// Bounds of all elements, where the host knows them: of integers that it uploaded, of full(), and of what an op says
  /// of its result. Spares a wait for the device.
  std::optional<Range> known_range() const { return storage_ ? storage_->known() : std::nullopt; }
  void know_range(Range range) const { storage_->know(range); }

  const NodeRef& node() const { return node_; }
  LeafBase* leaf() const { return leaf_.get(); }
  void set_node(NodeRef node) { node_ = node; }

 private:
  friend class Leaf;
  void write(const void* values);  // all of them, to memory that no other tensor has
  static Tensor upload(const void* values, int64_t count, DType dtype, const Shape& shape, Device device);
  void download(void* to, DType dtype, const char* caller) const;
  void require_defined(const char* caller) const {
    require<UsageError>(defined(), "[{}] need a tensor, got an undefined one", caller);
  }
  void require_one_element() const;
  View repeating_view(const Shape& to) const;

  Ref<Storage> storage_;
  Shape shape_;
  int64_t offset_ = 0;  // elements
  DType dtype_ = DType::f32;
  NodeRef node_;
  Ref<LeafBase> leaf_;
};

/// Throws DtypeError / DeviceError naming op and both sides unless a and b agree.
void require_same_kind(const char* op, const Tensor& a, const Tensor& b);
/// Throws DtypeError unless x is f32 or f64.
void require_float(const char* op, const Tensor& x);
/// Throws DeviceError naming op unless `other`, `what` it is, is on x's device.
void require_device_of(const char* op, const Tensor& x, const Tensor& other, const char* what);
/// Whether elements of `dtype` can be `value`: an integer in range, of bool 0 or 1; of floats any number.
bool is_representable(double value, DType dtype);
/// Throws DtypeError naming op unless it is_representable. A bool takes any number, as cast does: whether it is not 0.
void require_representable(const char* op, double value, DType dtype, const Shape& shape);

/// The integers of a dtype, [low, end): every bound is a double. Of bool 0 and 1.
constexpr Range integers_of(DType dtype) {
  if (dtype == DType::i32) return {-0x1p31, 0x1p31};
  return dtype == DType::i64 ? Range{-0x1p63, 0x1p63} : Range{0, 2};
}

}  // namespace grus
