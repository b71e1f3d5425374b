#include "tests/support/tensors.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/tensor/random.h"
#include "ops/math/elementwise.h"

namespace grus::test {
Tensor draw(const Shape& shape, double low, double high, uint64_t seed, Device device) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  std::vector<double> drawn(static_cast<size_t>(shape.numel()));
  for (double& value : drawn) value = uniform(engine);
  return Tensor::from(drawn, shape, device);
}

Tensor vector_of(std::initializer_list<double> values) { return Tensor::from<double>(values, {std::ssize(values)}); }

Tensor normal(const Shape& shape, uint64_t seed, DType dtype) {
  Rng rng(seed);
  return random_normal(shape, 0, 1, rng, dtype);
}

double gap(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  const std::vector<double> x = values(a), y = values(b);
  double largest = 0;
  for (size_t i = 0; i < x.size(); ++i)
    largest = std::isnan(x[i] - y[i]) ? HUGE_VAL : std::max(largest, std::abs(x[i] - y[i]));
  return largest;
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
