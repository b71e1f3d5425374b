#include "nn/init.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace grus;
using namespace grus::nn;

namespace {

struct Moments {
  double mean, deviation, least, most;
};

Moments moments(const Tensor& x) {
  const std::vector<float> v = x.to_vector<float>();
  double sum = 0, squares = 0;
  for (const float value : v) sum += value, squares += static_cast<double>(value) * value;
  const double n = static_cast<double>(v.size()), mean = sum / n;
  const auto [least, most] = std::minmax_element(v.begin(), v.end());
  return {mean, std::sqrt(squares / n - mean * mean), *least, *most};
}

/// Returns the largest |Q Q^T - gain^2 I| over the rows of a block, or |Q^T Q - ...| over its columns.
double deviation_from_orthogonal(const std::vector<float>& q, int64_t m, int64_t n, double gain) {
  double most = 0;
  const int64_t count = std::min(m, n), length = std::max(m, n);
  const auto at = [&](int64_t i, int64_t k) { return q[static_cast<size_t>(m <= n ? i * n + k : k * n + i)]; };
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = 0; j < count; ++j) {
      double dot = 0;
      for (int64_t k = 0; k < length; ++k) dot += static_cast<double>(at(i, k)) * at(j, k);
      most = std::max(most, std::abs(dot - (i == j ? gain * gain : 0)));
    }
  return most;
}

}  // namespace

TEST_CASE("init: bounds and deviations are those of the papers") {
  Rng rng(3);
  const Shape shape{200, 300};  // fan_out 200, fan_in 300
  CHECK(moments(init::uniform_fan_in(shape, rng)).most == doctest::Approx(1 / std::sqrt(300.0)).epsilon(0.01));
  CHECK(moments(init::xavier_uniform(shape, rng)).least == doctest::Approx(-std::sqrt(6.0 / 500)).epsilon(0.01));
  CHECK(moments(init::xavier_normal(shape, rng, 2)).deviation ==
        doctest::Approx(2 * std::sqrt(2.0 / 500)).epsilon(0.02));
  CHECK(moments(init::kaiming_uniform(shape, rng)).most == doctest::Approx(std::sqrt(6.0 / 300)).epsilon(0.01));
  CHECK(moments(init::kaiming_normal(shape, rng, 0, init::Fan::out)).deviation ==
        doctest::Approx(std::sqrt(2.0 / 200)).epsilon(0.02));
  CHECK(moments(init::normal(shape, 1, 0.5, rng)).mean == doctest::Approx(1).epsilon(0.02));
  CHECK(moments(init::constant({3}, 7)).least == 7);
  CHECK_THROWS_AS(init::xavier_uniform({5}, rng), ShapeError);
}

TEST_CASE("init: the same generator state gives the same bits") {
  Rng a(5), b(5);
  CHECK(init::orthogonal({6, 4}, a).to_vector<float>() == init::orthogonal({6, 4}, b).to_vector<float>());
  CHECK(init::normal({4}, 0, 1, a).to_vector<float>() == init::normal({4}, 0, 1, b).to_vector<float>());
}

TEST_CASE("init: where first values are skipped, nothing is drawn") {
  Rng rng(3), other(3);
  {
    const init::Skip skip;
    const init::Skip again;
    for (const Tensor& x : {init::uniform({4, 4}, 1, 2, rng), init::normal({4, 4}, 1, 2, rng),
                            init::xavier_uniform({4, 4}, rng), init::orthogonal({4, 4}, rng)})
      CHECK(x.shape() == Shape{4, 4});
    CHECK_THROWS_AS(init::orthogonal({3}, rng), ShapeError);
  }
  CHECK(init::normal({8}, 0, 1, rng).to_vector<float>() == init::normal({8}, 0, 1, other).to_vector<float>());
}

TEST_CASE("init: orthogonal rows or columns, whichever are fewer, times gain") {
  Rng rng(1);
  CHECK(deviation_from_orthogonal(init::orthogonal({8, 8}, rng).to_vector<float>(), 8, 8, 1) < 1e-6);
  CHECK(deviation_from_orthogonal(init::orthogonal({4, 9}, rng, 2).to_vector<float>(), 4, 9, 2) < 1e-5);
  CHECK(deviation_from_orthogonal(init::orthogonal({9, 4}, rng).to_vector<float>(), 9, 4, 1) < 1e-6);
}

TEST_CASE("init: each block of a GRU's recurrent weight is orthogonal by itself") {
  Rng rng(1);
  const Tensor w = init::orthogonal({15, 5}, rng, 1, 3);
  for (int64_t block = 0; block < 3; ++block)
    CHECK(deviation_from_orthogonal(w.rows(5 * block, 5 * block + 5).to_vector<float>(), 5, 5, 1) < 1e-6);
  CHECK_THROWS_AS(init::orthogonal({16, 5}, rng, 1, 3), ShapeError);
}
