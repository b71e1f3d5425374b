#pragma once
// A tensor is a handle on device memory, contiguous and row-major. Rows and reshapes share memory. No op changes
// elements in place; optimizers and assign() change those of parameters, so a snapshot of one is x.detach().clone().
// Sources: tensor.cpp, tensor_checks.cpp, create.cpp, ops/math/views.cpp, ops/math/methods.cpp.
#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "core/base/axes.h"
#include "core/base/ref.h"
#include "core/base/shape.h"
#include "core/device/device.h"
#include "core/device/storage.h"

namespace grus {

struct Extremum;
struct Sorted;
struct TopK;

/// LeafBase is what a tensor knows of the leaf (core/tensor/leaf.h) whose value it is. Every LeafBase is a Leaf.
class LeafBase {
 public:
  LeafBase(const LeafBase&) = delete;
  LeafBase& operator=(const LeafBase&) = delete;

  bool requires_grad = true;
  /// The leaf's value on the tape that asked last. Tapes of several threads may ask, so each of them verifies it.
  std::atomic<int32_t> last_value{-1};

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

/// A NodeRef tells which value of which tape a tensor is. Tape serials start at 1: 0 means "not recorded".
struct NodeRef {
  uint64_t tape = 0;
  int32_t value = -1;
};

class [[nodiscard]] Tensor {
 public:
  /// Makes an undefined tensor, which has no shape and no memory. A gradient that nothing reached is undefined.
  Tensor() = default;
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  /// Assignment is for variables alone: `x[0] = y` would change a view that nobody keeps, and does not compile.
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & noexcept = default;

  /// Leaves the elements undefined.
  static Tensor empty(const Shape& shape, DType dtype = DType::f32, Device device = default_device());
  /// Sets every element to `value`. Throws DtypeError for a value that an integer dtype does not hold.
  static Tensor full(const Shape& shape, double value, DType dtype = DType::f32, Device device = default_device());
  static Tensor zeros(const Shape& shape, DType dtype = DType::f32, Device device = default_device());
  static Tensor ones(const Shape& shape, DType dtype = DType::f32, Device device = default_device());
  /// y = (start, start + 1, ..., end - 1) as i64. Throws UsageError when end < start.
  static Tensor arange(int64_t start, int64_t end, Device device = default_device());
  /// y_i = start + i step for all of them before `end`, computed in f64 and rounded to `dtype`. Throws UsageError for a
  /// step of 0, one that leads away from `end`, numbers that are not finite; DtypeError for bool.
  static Tensor arange(double start, double end, double step, DType dtype = DType::f32,
                       Device device = default_device());
  /// y = `count` numbers from start to end, both included, at equal distances; f32 or f64. Throws UsageError for a
  /// count below 0, DtypeError.
  static Tensor linspace(double start, double end, int64_t count, DType dtype = DType::f32,
                         Device device = default_device());
  /// y (rows, columns) = 1 on the diagonal, else 0; square without `columns`. Throws UsageError for sizes below 0.
  static Tensor eye(int64_t rows, std::optional<int64_t> columns = std::nullopt, DType dtype = DType::f32,
                    Device device = default_device());
  /// Copies host values; T is float, double, an int or uint8_t, bfloat16, float16; from_bools takes bool. Throws
  /// ShapeError when the counts differ.
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
  /// Copies host values into a tensor of one axis.
  template <class T>
  static Tensor from(const std::vector<T>& values, Device device = default_device()) {
    return from(values, {static_cast<int64_t>(values.size())}, device);
  }
  static Tensor from_bools(const std::vector<bool>& values, const Shape& shape, Device device = default_device());

  bool defined() const { return static_cast<bool>(storage_); }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  /// Returns the size of an axis; negative axes count from the end.
  int64_t dim(int axis) const { return shape_[normalize_axis(axis, rank(), "dim")]; }
  int64_t numel() const { return shape_.numel(); }
  DType dtype() const { return dtype_; }
  Device device() const {
    require<UsageError>(defined(), "[device] need a tensor, got an undefined one");
    return storage_->device();
  }

  /// Copies the elements to the host, in row-major order, and so waits for the device. Throws DtypeError unless T is
  /// the element type.
  template <class T>
  std::vector<T> to_vector() const {
    static_assert(!std::is_same_v<T, bool>, "use to_bools");
    std::vector<T> values(static_cast<size_t>(numel()));
    download(values.data(), dtype_of<T>, "to_vector");
    return values;
  }
  std::vector<bool> to_bools() const;
  /// Copies the elements to the host as bytes, row-major: for files and transfers between devices.
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
  /// Returns the one element of a tensor of any dtype as a double. Throws ShapeError unless numel is 1, UsageError for
  /// an i64 beyond +-2^53, where doubles leave integers out.
  double item() const;
  /// Returns the one element. Throws ShapeError unless numel is 1, DtypeError unless T is the element type.
  template <class T>
  T item() const {
    require_one_element();
    T value{};
    download(&value, dtype_of<T>, "item");
    return value;
  }

  // Every differentiable method from here on is recorded, so gradients go back through it; detach() cuts.

  /// y = x[index]: one entry of the leading axis, which is dropped. A negative index counts from the end.
  Tensor operator[](int64_t index) const;
  /// y = x[begin:end]: entries of the leading axis. Negative numbers count from the end; without `end` y goes to the
  /// end. Throws ShapeError for numbers out of range.
  Tensor rows(int64_t begin, std::optional<int64_t> end = std::nullopt) const;
  /// y = x[..., begin:end]: entries of the last axis, as x.columns(2, 5) or x.columns(0, -1). Negative numbers and a
  /// missing end mean what they mean to rows().
  Tensor columns(int64_t begin, std::optional<int64_t> end = std::nullopt) const;
  /// Returns x's elements in their order, under another shape. One size may be -1: it is inferred.
  Tensor reshape(std::initializer_list<int64_t> dims) const;
  Tensor reshape(const Shape& shape) const;
  /// Returns this tensor on another device, or as another dtype (see cast()): itself where it is that already.
  Tensor to(Device target) const;
  Tensor to(DType target) const;
  /// Copies this tensor to memory of its own.
  Tensor clone() const;
  /// Returns this tensor, on its memory, as a value that no tape and no leaf knows: no gradient goes back through it.
  Tensor detach() const;

  // x.f(...) is f(x, ...), which the header of ops/ named above a group documents.
  // ops/math/elementwise.h: every row of the table, and these
#define GRUS_UNARY(name, ...) Tensor name() const;
#define GRUS_BINARY(name, ...)        \
  Tensor name(const Tensor& b) const; \
  Tensor name(double b) const;
#define GRUS_COMPARE(name, ...) GRUS_BINARY(name)
#include "core/device/elementwise.def"
  Tensor logical_and(const Tensor& b) const;
  Tensor logical_or(const Tensor& b) const;
  Tensor logical_not() const;
  /// y = x where the condition holds, else b.
  Tensor where(const Tensor& condition, const Tensor& b) const;
  Tensor where(const Tensor& condition, double b) const;
  Tensor clamp(double low, double high) const;
  // ops/math/reduce.h, ops/math/moments.h
  Tensor sum(const Axes& axes = {}, bool keepdim = false) const;
  Tensor mean(const Axes& axes = {}, bool keepdim = false) const;
  Tensor amax(const Axes& axes = {}, bool keepdim = false) const;
  Tensor amin(const Axes& axes = {}, bool keepdim = false) const;
  Tensor max() const;
  Tensor min() const;
  Extremum max(int axis, bool keepdim = false) const;
  Extremum min(int axis, bool keepdim = false) const;
  Tensor argmax(const Axes& axes = {}, bool keepdim = false) const;
  Tensor argmin(const Axes& axes = {}, bool keepdim = false) const;
  Tensor logsumexp(const Axes& axes = {}, bool keepdim = false) const;
  Tensor prod(const Axes& axes = {}, bool keepdim = false) const;
  Tensor any(const Axes& axes = {}, bool keepdim = false) const;
  Tensor all(const Axes& axes = {}, bool keepdim = false) const;
  Tensor var(const Axes& axes = {}, double correction = 1, bool keepdim = false) const;
  Tensor stddev(const Axes& axes = {}, double correction = 1, bool keepdim = false) const;
  Tensor norm(double p = 2, const Axes& axes = {}, bool keepdim = false) const;
  // ops/math/cumulative.h, ops/math/sort.h
  Tensor cumsum(int axis) const;
  Tensor cumprod(int axis) const;
  Sorted sort(int axis = -1, bool descending = false) const;
  Tensor argsort(int axis = -1, bool descending = false) const;
  // ops/math/matmul.h, ops/math/softmax.h
  Tensor matmul(const Tensor& b) const;
  Tensor softmax(int axis = -1) const;
  Tensor log_softmax(int axis = -1) const;
  // ops/math/shape.h
  Tensor permute(const Axes& order) const;
  Tensor transpose(int axis_a = -2, int axis_b = -1) const;
  Tensor squeeze(const Axes& axes = {}) const;
  Tensor unsqueeze(int axis) const;
  Tensor flatten(int first = 0, int last = -1) const;
  Tensor flip(const Axes& axes) const;
  Tensor broadcast_to(const Shape& shape) const;
  Tensor slice(int axis, int64_t begin, std::optional<int64_t> end = std::nullopt, int64_t step = 1) const;
  Tensor tile(int64_t times, int axis) const;
  [[nodiscard]] std::vector<Tensor> split(std::span<const int64_t> sizes, int axis = 0) const;
  [[nodiscard]] std::vector<Tensor> split(std::initializer_list<int64_t> sizes, int axis = 0) const;
  [[nodiscard]] std::vector<Tensor> chunk(int64_t count, int axis = 0) const;
  Tensor roll(int64_t shift, int axis) const;
  Tensor unfold(int axis, int64_t size, int64_t step) const;
  // ops/math/triangle.h
  Tensor triu(int64_t diagonal = 0) const;
  Tensor tril(int64_t diagonal = 0) const;
  Tensor diagonal(int64_t offset = 0, int axis_a = 0, int axis_b = 1) const;
  // ops/math/index.h, ops/math/mask.h
  Tensor index_select(int axis, const Tensor& ids) const;
  Tensor gather(int axis, const Tensor& ids) const;
  Tensor scatter_add(int axis, const Tensor& ids, const Tensor& source) const;
  Tensor masked_fill(const Tensor& mask, double value) const;
  TopK top_k(int64_t k) const;
  Tensor masked_select(const Tensor& mask) const;
  Tensor nonzero() const;
  Tensor index_put(std::span<const Tensor> ids, const Tensor& values, bool accumulate = false) const;
  Tensor index_put(std::initializer_list<Tensor> ids, const Tensor& values, bool accumulate = false) const;

  // A tape asks for these two.
  const NodeRef& node() const { return node_; }
  LeafBase* leaf() const { return leaf_.get(); }

 private:
  friend class Leaf;
  friend struct Raw;  // core/tensor/raw.h: the door to memory
  Tensor(Ref<Storage> storage, const Shape& shape, DType dtype)
      : storage_(std::move(storage)), shape_(shape), dtype_(dtype) {}
  void write(const void* values);  // writes all elements, to memory that no other tensor has
  static Tensor upload(const void* values, int64_t count, DType dtype, const Shape& shape, Device device);
  void download(void* to, DType dtype, const char* caller) const;
  void require_defined(const char* caller) const {
    require<UsageError>(defined(), "[{}] need a tensor, got an undefined one", caller);
  }
  void require_one_element() const;

  Ref<Storage> storage_;
  Shape shape_;
  int64_t offset_ = 0;  // in elements
  DType dtype_ = DType::f32;
  NodeRef node_;
  Ref<LeafBase> leaf_;
};

/// Return a tensor of x's shape, dtype and device: undefined elements, `value`, 0, 1. Throw UsageError for an undefined
/// x, full_like DtypeError for a value that the dtype does not hold.
Tensor empty_like(const Tensor& x);
Tensor full_like(const Tensor& x, double value);
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);

// These throw what the checks below found.
[[noreturn]] void fail_kind(const char* op, const Tensor& a, const Tensor& b);
[[noreturn]] void fail_float(const char* op, const Tensor& x);
[[noreturn]] void fail_number(const char* op, const Tensor& x);

/// Throws DtypeError or DeviceError, naming op and both sides, unless a and b agree in dtype and device.
inline void require_same_kind(const char* op, const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined() || a.dtype() != b.dtype() || a.device() != b.device()) [[unlikely]]
    fail_kind(op, a, b);
}
/// Throws DtypeError, naming op, unless x is f32 or f64.
inline void require_float(const char* op, const Tensor& x) {
  if (!x.defined() || !is_float(x.dtype())) [[unlikely]]
    fail_float(op, x);
}
/// Throws DtypeError, naming op, unless ops compute with x's dtype (is_number).
inline void require_number(const char* op, const Tensor& x) {
  if (!x.defined() || !is_number(x.dtype())) [[unlikely]]
    fail_number(op, x);
}
/// Throws DeviceError, naming op, unless `other` is on x's device. Messages call it `what`.
void require_device_of(const char* op, const Tensor& x, const Tensor& other, const char* what);
/// Tells whether elements of `dtype` can be `value`. A float can be any number, an i32 or i64 an integer in its range,
/// a u8 one in [0, 255], a bool 0 or 1.
bool is_representable(double value, DType dtype);
/// Throws DtypeError, naming op, unless value is_representable. A bool takes any number, as cast does: all but 0 is
/// true.
void require_representable(const char* op, double value, DType dtype, const Shape& shape);

/// Returns the integers of a dtype as [low, end), whose bounds are exact as doubles. A bool has 0 and 1.
constexpr Range integers_of(DType dtype) {
  if (dtype == DType::i32) return {-0x1p31, 0x1p31};
  if (dtype == DType::u8) return {0, 256};
  return dtype == DType::i64 ? Range{-0x1p63, 0x1p63} : Range{0, 2};
}

}  // namespace grus
