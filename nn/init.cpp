#include "nn/init.h"

#include <cmath>

namespace grus::nn::init {

namespace {

thread_local int skips = 0;

struct Fans {
  double in, out;
};

Fans fans(const Shape& shape, const char* name) {
  require(shape.rank() >= 2, "[{}] need a weight of at least two axes, got {}", name, shape);
  const auto rest = static_cast<double>(shape.without(0).without(0).numel());
  return {static_cast<double>(shape[1]) * rest, static_cast<double>(shape[0]) * rest};
}

// Memory that nobody writes has no pages yet, so that a model that waits for its weights takes up none.
Tensor unwritten(const Shape& shape) { return Tensor::empty(shape, DType::f32, default_device()); }

Tensor symmetric(const Shape& shape, double bound, Rng& rng) { return uniform(shape, -bound, bound, rng); }

double kaiming_deviation(const Shape& shape, double slope, Fan fan, const char* name) {
  const Fans f = fans(shape, name);
  return std::sqrt(2 / ((1 + slope * slope) * (fan == Fan::in ? f.in : f.out)));
}

// Adds up four sums, so that the additions do not wait for each other.
double dot(const double* a, const double* b, int64_t n) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < n; ++i) s0 += a[i] * b[i];
  return (s0 + s1) + (s2 + s3);
}

// Makes the `count` rows of length n orthonormal by modified Gram-Schmidt. Normal random numbers become a uniformly
// drawn frame.
void orthonormalize_rows(double* rows, int64_t count, int64_t n) {
  for (int64_t i = 0; i < count; ++i) {
    double* a = rows + i * n;
    const double scale = 1 / std::sqrt(dot(a, a, n));
    for (int64_t k = 0; k < n; ++k) a[k] *= scale;
    for (int64_t j = i + 1; j < count; ++j) {
      double* b = rows + j * n;
      const double along = dot(a, b, n);
      for (int64_t k = 0; k < n; ++k) b[k] -= along * a[k];
    }
  }
}

}  // namespace

Tensor zeros(const Shape& shape) { return Tensor::zeros(shape); }
Tensor ones(const Shape& shape) { return Tensor::ones(shape); }
Tensor constant(const Shape& shape, double value) { return Tensor::full(shape, value); }
Tensor uniform(const Shape& shape, double low, double high, Rng& rng) {
  return skips ? unwritten(shape) : random_uniform(shape, low, high, rng);
}
Tensor normal(const Shape& shape, double mean, double deviation, Rng& rng) {
  return skips ? unwritten(shape) : random_normal(shape, mean, deviation, rng);
}

Tensor uniform_fan_in(const Shape& shape, Rng& rng) {
  return symmetric(shape, 1 / std::sqrt(fans(shape, "uniform_fan_in").in), rng);
}

Tensor xavier_uniform(const Shape& shape, Rng& rng, double gain) {
  const Fans f = fans(shape, "xavier_uniform");
  return symmetric(shape, gain * std::sqrt(6 / (f.in + f.out)), rng);
}
Tensor xavier_normal(const Shape& shape, Rng& rng, double gain) {
  const Fans f = fans(shape, "xavier_normal");
  return normal(shape, 0, gain * std::sqrt(2 / (f.in + f.out)), rng);
}

Tensor kaiming_uniform(const Shape& shape, Rng& rng, double slope, Fan fan) {
  return symmetric(shape, std::sqrt(3.0) * kaiming_deviation(shape, slope, fan, "kaiming_uniform"), rng);
}
Tensor kaiming_normal(const Shape& shape, Rng& rng, double slope, Fan fan) {
  return normal(shape, 0, kaiming_deviation(shape, slope, fan, "kaiming_normal"), rng);
}

Tensor orthogonal(const Shape& shape, Rng& rng, double gain, int64_t blocks) {
  require(shape.rank() == 2 && blocks >= 1 && shape[0] % blocks == 0,
          "[orthogonal] need (m, n) with m a multiple of the {} blocks, got {}", blocks, shape);
  if (skips) return unwritten(shape);
  const int64_t m = shape[0] / blocks, n = shape[1], count = std::min(m, n), length = std::max(m, n);
  std::vector<float> values(static_cast<size_t>(shape.numel()));
  for (int64_t block = 0; block < blocks; ++block) {
    std::vector<double> frame = random_normal({count, length}, 0, 1, rng, DType::f64).to_vector<double>();
    orthonormalize_rows(frame.data(), count, length);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        const int64_t from = m <= n ? i * n + j : j * m + i;  // transposed where there are more rows than columns
        values[static_cast<size_t>((block * m + i) * n + j)] =
            static_cast<float>(gain * frame[static_cast<size_t>(from)]);
      }
  }
  return Tensor::from(values, shape);
}

Skip::Skip() { ++skips; }
Skip::~Skip() { --skips; }

}  // namespace grus::nn::init
