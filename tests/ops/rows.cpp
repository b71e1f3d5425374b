#include "tests/ops/rows.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "core/tape.h"
#include "ops/elementwise.h"

namespace grus::test {
namespace {

std::vector<Tensor> draw_all(const Row& row, Device device) {
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < row.inputs.size(); ++i) inputs.push_back(draw(row.inputs[i], 7 * i + 1, device));
  return inputs;
}

void check_gradients(const Row& row, const std::vector<Tensor>& inputs) {
  CHECK(message_of([&] { gradcheck(row.f, inputs); }) == "");
  GradcheckOptions second;
  second.relative = 1e-5;
  second.absolute = 1e-6;
  CHECK(message_of([&] { gradgradcheck(row.f, inputs, second); }) == "");
}

}  // namespace

void check_row(const Row& row) {
  for (const Device& device : devices()) {
    CAPTURE(row.name);
    CAPTURE(device.name());
    const std::vector<Tensor> inputs = draw_all(row, device);
    check_gradients(row, inputs);
    const Tensor plain = row.f(inputs);
    {
      Tape tape;
      std::vector<Tensor> watched;
      for (const Tensor& x : inputs) watched.push_back(tape.watch(x));
      check_equal(row.f(watched), plain.shape(), values(plain));
    }
    std::vector<Tensor> narrow;
    for (const Tensor& x : inputs) narrow.push_back(cast(x, DType::f32));
    const Tensor y = row.f(narrow);
    CHECK(y.dtype() == DType::f32);
    check_equal(y, plain.shape(), values(plain), 2e-4);
  }
}

Tensor draw(const Input& input, uint64_t seed, Device device) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> uniform(input.low, input.high);
  std::vector<double> values(static_cast<size_t>(input.shape.numel()));
  for (double& value : values) value = uniform(engine);
  return Tensor::from(values, input.shape, device);
}

std::vector<double> values(const Tensor& x) { return cast(x.detach(), DType::f64).to_vector<double>(); }

void check_equal(const Tensor& x, const Shape& shape, const std::vector<double>& expected, double tolerance) {
  REQUIRE(to_string(x.shape()) == to_string(shape));
  const std::vector<double> got = values(x);
  REQUIRE(got.size() == expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    if (got[i] == expected[i]) continue;
    const double scale = std::max({1.0, std::abs(got[i]), std::abs(expected[i])});
    if (std::abs(got[i] - expected[i]) <= tolerance * scale) continue;
    FAIL_CHECK(fmt::format("element {} of {} is {}, not {}", i, x.shape(), got[i], expected[i]));
  }
}

std::string message_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace grus::test
