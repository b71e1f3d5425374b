#pragma once
// Tests on tensors share this: the devices there are, tensors from literals, comparisons that name the element.
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "tests/support/devices.h"

namespace grus::test {

inline const std::vector<Device>& devices() { return every_device(); }

/// Draws uniform f64 numbers in [low, high], the same on every device.
Tensor draw(const Shape& shape, double low, double high, uint64_t seed, Device device);
/// Returns any numbers or bools as doubles in row-major order.
std::vector<double> values(const Tensor& x);
/// Checks that shape and values agree to a relative or absolute `tolerance` (equal infinities agree).
void check_equal(const Tensor& x, const Shape& shape, const std::vector<double>& expected, double tolerance = 1e-6);
inline Tensor f64(const std::vector<double>& values, const Shape& shape, Device device) {
  return Tensor::from(values, shape, device);
}
inline Tensor i64(const std::vector<int64_t>& values, const Shape& shape, Device device) {
  return Tensor::from(values, shape, device);
}
inline Tensor i32(const std::vector<int32_t>& values, const Shape& shape, Device device) {
  return Tensor::from(values, shape, device);
}
/// Returns an f64 tensor (N) of these numbers on the default device.
Tensor vector_of(std::initializer_list<double> values);
/// Draws standard normal numbers on the default device.
Tensor normal(const Shape& shape, uint64_t seed, DType dtype = DType::f32);
/// Returns the largest |a - b|; the shapes must be the same.
double gap(const Tensor& a, const Tensor& b);
/// Returns the message that `run` throws; "" when it does not throw.
std::string message_of(const std::function<void()>& run);

}  // namespace grus::test
