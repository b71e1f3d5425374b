#include "core/tensor/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "core/base/error.h"

namespace grus {
namespace {

View contiguous_view(Buffer* buffer, int64_t offset, DType dtype, const Shape& shape) {
  View view{buffer, offset, dtype, shape.rank(), {}, {}};
  std::copy_n(shape.begin(), max_rank, view.dims);  // all: a count that the compiler knows
  int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    view.strides[axis] = stride;
    stride *= shape[axis];
  }
  return view;
}

template <class T>
Range range_of(const T* values, int64_t count) {
  const auto [low, high] = std::minmax_element(values, values + count);
  return {static_cast<double>(*low), static_cast<double>(*high)};
}

}  // namespace

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  Tensor tensor;
  tensor.storage_ = Ref<Storage>::adopt(Storage::create(shape.bytes(size_of(dtype)), device));
  tensor.shape_ = shape;
  tensor.dtype_ = dtype;
  return tensor;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype, Device device) {
  require_representable("full", value, dtype, shape);
  Tensor tensor = empty(shape, dtype, device);
  device.check(device.kernels().fill(device.context(), tensor.write_view(), value), "fill");
  const bool same_in_every_dtype = std::trunc(value) == value && std::abs(value) <= 0x1p24;
  if (same_in_every_dtype && dtype != DType::boolean) tensor.know_range({value, value});
  return tensor;
}
Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) { return full(shape, 0, dtype, device); }
Tensor Tensor::ones(const Shape& shape, DType dtype, Device device) { return full(shape, 1, dtype, device); }

Tensor Tensor::arange(int64_t start, int64_t end, Device device) {
  require<UsageError>(end >= start, "[arange] need start <= end, got {} and {}", start, end);
  int64_t count = 0;
  require(!__builtin_sub_overflow(end, start, &count), "[arange] need a count that fits in 64 bits, got {} to {}",
          start, end);
  Tensor tensor = empty({count}, DType::i64, device);  // says so where memory is too small for it
  std::vector<int64_t> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), start);
  tensor.write(values.data());
  return tensor;
}

Tensor Tensor::from_bools(const std::vector<bool>& values, const Shape& shape, Device device) {
  const std::vector<uint8_t> bytes(values.begin(), values.end());
  return upload(bytes.data(), static_cast<int64_t>(bytes.size()), DType::boolean, shape, device);
}

Tensor Tensor::upload(const void* values, int64_t count, DType dtype, const Shape& shape, Device device) {
  require(count == shape.numel(), "[tensor] need {} values for shape {}, got {}", shape.numel(), shape, count);
  Tensor tensor = empty(shape, dtype, device);
  tensor.write(values);
  return tensor;
}

void Tensor::write(const void* values) {
  const int64_t count = numel();
  const size_t bytes = static_cast<size_t>(count) * size_of(dtype_);
  device().check(device().kernels().upload(device().context(), storage_->buffer(), 0, values, bytes), "upload");
  if (count > 0 && dtype_ == DType::i32) know_range(range_of(static_cast<const int32_t*>(values), count));
  if (count > 0 && dtype_ == DType::i64) know_range(range_of(static_cast<const int64_t*>(values), count));
}

void Tensor::download(void* to, DType dtype, const char* caller) const {
  require_defined(caller);
  require<DtypeError>(dtype == dtype_, "[{}] need values of {}, asked for {}", caller, dtype_, dtype);
  const size_t size = size_of(dtype_);
  device().check(device().kernels().download(device().context(), to, storage_->buffer(),
                                             static_cast<size_t>(offset_) * size, static_cast<size_t>(numel()) * size),
                 "download");
}

std::vector<bool> Tensor::to_bools() const {
  std::vector<uint8_t> bytes(static_cast<size_t>(numel()));
  download(bytes.data(), DType::boolean, "to_bools");
  return {bytes.begin(), bytes.end()};
}

void Tensor::require_one_element() const {
  require_defined("item");
  require(numel() == 1, "[item] need one element, got shape {}", shape_);
}

double Tensor::item() const {
  require_one_element();
  switch (dtype_) {
    case DType::f32:
      return to_vector<float>()[0];
    case DType::f64:
      return to_vector<double>()[0];
    case DType::i32:
      return to_vector<int32_t>()[0];
    case DType::i64: {
      const auto value = item<int64_t>();
      constexpr int64_t most = int64_t{1} << 53;  // beyond it doubles leave integers out
      require<UsageError>(value >= -most && value <= most,
                          "[item] need an i64 that a double holds, got {}; ask for item<int64_t>()", value);
      return static_cast<double>(value);
    }
    case DType::boolean:
      return to_bools()[0] ? 1 : 0;
  }
  return 0;
}

Tensor Tensor::unrecorded_rows(int64_t begin, int64_t end) const {
  const int64_t row = shape_.without(0).numel();
  Tensor part = *this;
  part.node_ = {};
  part.leaf_ = {};
  part.shape_[0] = end - begin;
  part.offset_ += begin * row;
  return part;
}

Tensor Tensor::unrecorded_reshape(const Shape& shape) const {
  Tensor result = *this;
  result.node_ = {};
  result.leaf_ = {};
  result.shape_ = shape;
  return result;
}

Tensor Tensor::detach() const { return unrecorded_reshape(shape_); }

Tensor Tensor::clone() const {
  require_defined("clone");
  Tensor copy = empty(shape_, dtype_, device());
  device().check(device().kernels().copy(device().context(), copy.write_view(), view(), false), "clone");
  return copy;
}

View Tensor::view() const {
  require<UsageError>(defined(), "[view] need a tensor, got an undefined one");
  return contiguous_view(storage_->buffer(), offset_, dtype_, shape_);
}

View Tensor::repeating_view(const Shape& to) const {
  const View own = view();
  View wide{own.buffer, own.offset, own.dtype, to.rank(), {}, {}};
  const int lead = to.rank() - rank();
  for (int axis = 0; axis < to.rank(); ++axis) {
    wide.dims[axis] = to[axis];
    const bool repeats = axis < lead || shape_[axis - lead] != to[axis];
    wide.strides[axis] = repeats ? 0 : own.strides[axis - lead];
  }
  return wide;
}

Matrix Tensor::matrix() const {
  require<UsageError>(defined(), "[matrix] need a tensor, got an undefined one");
  const int64_t cols = rank() == 0 ? 1 : shape_.back();
  const int64_t rows = rank() <= 1 ? 1 : shape_.without(rank() - 1).numel();
  return {storage_->buffer(), offset_, dtype_, rows, cols, cols, rows * cols};
}

Matrix Tensor::matrix(int64_t begin, int64_t end) const {
  Matrix part = matrix();
  part.offset += begin * part.row_stride;
  part.rows = end - begin;
  return part;
}

View Tensor::write_view() {
  storage_->raise_version();
  return view();
}
Matrix Tensor::write_matrix() {
  storage_->raise_version();
  return matrix();
}
Matrix Tensor::write_matrix(int64_t begin, int64_t end) {
  storage_->raise_version();
  return matrix(begin, end);
}

void require_same_kind(const char* op, const Tensor& a, const Tensor& b) {
  require<UsageError>(a.defined() && b.defined(), "[{}] need tensors, got an undefined one", op);
  require<DtypeError>(a.dtype() == b.dtype(), "[{}] need one dtype, got {} {} and {} {}", op, a.dtype(), a.shape(),
                      b.dtype(), b.shape());
  require<DeviceError>(a.device() == b.device(), "[{}] need one device, got {} and {}", op, a.device(), b.device());
}

void require_float(const char* op, const Tensor& x) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
  require<DtypeError>(is_float(x.dtype()), "[{}] need f32 or f64, got {} {}", op, x.dtype(), x.shape());
}

void require_device_of(const char* op, const Tensor& x, const Tensor& other, const char* what) {
  require<DeviceError>(x.device() == other.device(), "[{}] need one device, got {} and {} on {}", op, x.device(), what,
                       other.device());
}

bool is_representable(double value, DType dtype) {
  if (is_float(dtype)) return true;
  const auto [low, end] = integers_of(dtype);
  return value >= low && value < end && std::trunc(value) == value;
}

void require_representable(const char* op, double value, DType dtype, const Shape& shape) {
  if (dtype == DType::boolean || is_representable(value, dtype)) return;
  const auto [low, end] = integers_of(dtype);
  const bool is_i64 = dtype == DType::i64;
  fail<DtypeError>("[{}] need an integral number in [{}, {}] for {} {}, got {}", op, static_cast<int64_t>(low),
                   is_i64 ? std::numeric_limits<int64_t>::max() : static_cast<int64_t>(end) - 1, dtype, shape, value);
}

}  // namespace grus
