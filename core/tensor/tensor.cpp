#include "core/tensor/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include <fmt/format.h>

#include "core/base/error.h"

namespace grus {
namespace {

// Values that come as bytes may begin anywhere.
template <class T>
Range range_of(const void* values, int64_t count) {
  const auto at = [bytes = static_cast<const std::byte*>(values)](int64_t i) {
    T value;
    std::memcpy(&value, bytes + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
    return value;
  };
  T low = at(0), high = low;
  for (int64_t i = 1; i < count; ++i) {
    low = std::min(low, at(i));
    high = std::max(high, at(i));
  }
  return {static_cast<double>(low), static_cast<double>(high)};
}

}  // namespace

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  return {Ref<Storage>::adopt(Storage::create(shape.bytes(size_of(dtype)), device)), shape, dtype};
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype, Device device) {
  require_representable("full", value, dtype, shape);
  Tensor tensor = empty(shape, dtype, device);
  tensor.storage_->raise_version();
  const View all{tensor.storage_->buffer(), 0, dtype, 1, {tensor.numel()}, {1}};
  device.check(device.kernels().fill(device.context(), all, value), "fill");
  const bool same_in_every_dtype = std::trunc(value) == value && std::abs(value) <= 0x1p24;
  if (same_in_every_dtype && is_number(dtype)) tensor.storage_->know({value, value});
  return tensor;
}
Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) { return full(shape, 0, dtype, device); }
Tensor Tensor::ones(const Shape& shape, DType dtype, Device device) { return full(shape, 1, dtype, device); }

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
  if (count > 0 && dtype_ == DType::i32) storage_->know(range_of<int32_t>(values, count));
  if (count > 0 && dtype_ == DType::i64) storage_->know(range_of<int64_t>(values, count));
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
      constexpr int64_t most = int64_t{1} << 53;  // doubles leave integers out beyond it
      require<UsageError>(value >= -most && value <= most,
                          "[item] need an i64 that a double holds, got {}; ask for item<int64_t>()", value);
      return static_cast<double>(value);
    }
    case DType::boolean:
      return to_bools()[0] ? 1 : 0;
    case DType::u8:
      return to_vector<uint8_t>()[0];
    case DType::bf16:
      return to_float(to_vector<bfloat16>()[0]);
    case DType::f16:
      return to_float(to_vector<float16>()[0]);
  }
  return 0;
}

Tensor Tensor::detach() const {
  Tensor alone = *this;
  alone.node_ = {};
  alone.leaf_ = {};
  return alone;
}

}  // namespace grus
