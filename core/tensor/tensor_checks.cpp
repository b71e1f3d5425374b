// Checks that ops make of tensors and numbers.
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/tensor/tensor.h"

namespace grus {

void fail_kind(const char* op, const Tensor& a, const Tensor& b) {
  require<UsageError>(a.defined() && b.defined(), "[{}] need tensors, got an undefined one", op);
  require<DtypeError>(a.dtype() == b.dtype(), "[{}] need one dtype, got {} {} and {} {}", op, a.dtype(), a.shape(),
                      b.dtype(), b.shape());
  fail<DeviceError>("[{}] need one device, got {} and {}", op, a.device(), b.device());
}

void fail_float(const char* op, const Tensor& x) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
  fail<DtypeError>("[{}] need f32 or f64, got {} {}", op, x.dtype(), x.shape());
}

void fail_number(const char* op, const Tensor& x) {
  require<UsageError>(x.defined(), "[{}] need a tensor, got an undefined one", op);
  fail<DtypeError>("[{}] need numbers, got {} {}; cast() it first", op, x.dtype(), x.shape());
}

void require_device_of(const char* op, const Tensor& x, const Tensor& other, const char* what) {
  require<DeviceError>(x.device() == other.device(), "[{}] need one device, got {} and {} on {}", op, x.device(), what,
                       other.device());
}

bool is_representable(double value, DType dtype) {
  if (is_float(dtype) || is_narrow_float(dtype)) return true;
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
