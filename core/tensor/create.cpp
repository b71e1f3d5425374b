// Tensors of numbers that follow a rule, and tensors like another.
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/tensor/tensor.h"

namespace grus {
namespace {

constexpr int64_t count_at_once = 1 << 15;  // integers that stay in the cache on their way to the device

/// Makes y[i] = f(i) on the host.
template <class T, class F>
std::vector<T> numbers(int64_t count, F f) {
  std::vector<T> values(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) values[static_cast<size_t>(i)] = static_cast<T>(f(i));
  return values;
}

template <class F>
Tensor tensor_of(int64_t count, DType dtype, Device device, F f) {
  switch (dtype) {
    case DType::f32:
      return Tensor::from(numbers<float>(count, f), device);
    case DType::f64:
      return Tensor::from(numbers<double>(count, f), device);
    case DType::i32:
      return Tensor::from(numbers<int32_t>(count, f), device);
    default:
      return Tensor::from(numbers<int64_t>(count, f), device);
  }
}

}  // namespace

Tensor Tensor::arange(int64_t start, int64_t end, Device device) {
  require<UsageError>(end >= start, "[arange] need start <= end, got {} and {}", start, end);
  int64_t count = 0;
  require(!__builtin_sub_overflow(end, start, &count), "[arange] need a count that fits in 64 bits, got {} to {}",
          start, end);
  Tensor tensor = empty({count}, DType::i64, device);  // throws where memory is too small for it
  std::vector<int64_t> values(static_cast<size_t>(std::min(count, count_at_once)));
  for (int64_t done = 0; done < count;) {
    const int64_t n = std::min(count - done, count_at_once);
    std::iota(values.begin(), values.begin() + n, start + done);
    const auto place = static_cast<size_t>(done) * sizeof(int64_t), bytes = static_cast<size_t>(n) * sizeof(int64_t);
    device.check(device.kernels().upload(device.context(), tensor.storage_->buffer(), place, values.data(), bytes),
                 "upload");
    done += n;
  }
  if (count > 0) tensor.storage_->know({static_cast<double>(start), static_cast<double>(end - 1)});
  return tensor;
}

Tensor Tensor::arange(double start, double end, double step, DType dtype, Device device) {
  require<DtypeError>(dtype != DType::boolean, "[arange] need a dtype of numbers, got {}", dtype);
  require<UsageError>(std::isfinite(start) && std::isfinite(end) && std::isfinite(step) && step != 0,
                      "[arange] need finite bounds and a step other than 0, got {} to {} by {}", start, end, step);
  require<UsageError>(step > 0 ? end >= start : end <= start,
                      "[arange] need a step towards the end, got {} to {} by {}", start, end, step);
  const double count = std::ceil((end - start) / step);
  require(count < 0x1p53, "[arange] need a count that fits in 53 bits, got {} to {} by {}", start, end, step);
  if (!is_float(dtype)) {
    for (const double number : {start, step}) require_representable("arange", number, dtype, {});
    if (count > 0) require_representable("arange", start + (count - 1) * step, dtype, {});
  }
  return tensor_of(static_cast<int64_t>(count), dtype, device,
                   [=](int64_t i) { return start + static_cast<double>(i) * step; });
}

Tensor Tensor::linspace(double start, double end, int64_t count, DType dtype, Device device) {
  require<DtypeError>(is_float(dtype), "[linspace] need f32 or f64, got {}", dtype);
  require<UsageError>(count >= 0, "[linspace] need a count of at least 0, got {}", count);
  const double step = count > 1 ? (end - start) / static_cast<double>(count - 1) : 0;
  return tensor_of(count, dtype, device, [=](int64_t i) {  // from the nearer end, so that both are met
    return i < count / 2 || count == 1 ? start + static_cast<double>(i) * step
                                       : end - static_cast<double>(count - 1 - i) * step;
  });
}

Tensor Tensor::eye(int64_t rows, std::optional<int64_t> columns, DType dtype, Device device) {
  const int64_t width = columns.value_or(rows);
  require<UsageError>(rows >= 0 && width >= 0, "[eye] need sizes of at least 0, got {} and {}", rows, width);
  Tensor y = zeros({rows, width}, dtype, device);
  const View diagonal{y.storage_->buffer(), 0, dtype, 1, {std::min(rows, width)}, {width + 1}};
  y.storage_->raise_version();
  device.check(device.kernels().fill(device.context(), diagonal, 1), "eye");
  if (dtype != DType::boolean) y.storage_->know({0, 1});
  return y;
}

Tensor empty_like(const Tensor& x) {
  require<UsageError>(x.defined(), "[empty_like] need a tensor, got an undefined one");
  return Tensor::empty(x.shape(), x.dtype(), x.device());
}

Tensor full_like(const Tensor& x, double value) {
  require<UsageError>(x.defined(), "[full_like] need a tensor, got an undefined one");
  require_representable("full_like", value, x.dtype(), x.shape());
  return Tensor::full(x.shape(), value, x.dtype(), x.device());
}

Tensor zeros_like(const Tensor& x) {
  require<UsageError>(x.defined(), "[zeros_like] need a tensor, got an undefined one");
  return Tensor::zeros(x.shape(), x.dtype(), x.device());
}

Tensor ones_like(const Tensor& x) {
  require<UsageError>(x.defined(), "[ones_like] need a tensor, got an undefined one");
  return Tensor::ones(x.shape(), x.dtype(), x.device());
}

}  // namespace grus
