#pragma once
// One row an op: a function and the inputs it is tried with. From a row come, on every device there is: a gradient
// check, a gradient-of-gradient check, the same values with and without a tape, and f32 against f64.
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/device.h"
#include "core/tensor.h"
#include "ops/gradcheck.h"
#include "tests/support/devices.h"

namespace grus::test {

/// The devices that are there, reference first.
inline const std::vector<Device>& devices() { return every_device(); }

struct Input {
  Shape shape;
  double low = -2, high = 2;
};

struct Row {
  std::string name;
  std::vector<Input> inputs;  // f64, uniform in [low, high]
  TensorFunction f;
};

void check_row(const Row& row);
inline void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) check_row(row);
}

/// Uniform in [low, high], the same on every device.
Tensor draw(const Input& input, uint64_t seed, Device device);
/// Any numbers or bools, as doubles in row-major order.
std::vector<double> values(const Tensor& x);
/// Shape and values agree to a relative or absolute 1e-6 (equal infinities agree).
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
/// The message that `run` throws; "" when it does not.
std::string message_of(const std::function<void()>& run);

}  // namespace grus::test
