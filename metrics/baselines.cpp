#include "metrics/baselines.h"

#include <algorithm>
#include <cmath>

#include "core/thread/recording.h"
#include "metrics/cholesky.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"

namespace grus::metrics {
namespace {

void require_past(const char* name, const Tensor& past, int64_t ahead) {
  require(past.rank() == 3 && past.dim(1) > 0 && ahead > 0, "[{}] need a past (B, L, C) and steps ahead, got {} and {}",
          name, past.shape(), ahead);
}

Tensor last_of(const Tensor& past) { return slice(past, 1, past.dim(1) - 1); }

/// x (B, T, C) -> (B C, T)
Tensor by_column(const Tensor& x) { return x.transpose(1, 2).reshape({x.dim(0) * x.dim(2), x.dim(1)}); }

}  // namespace

Tensor naive_forecast(const Tensor& past, int64_t ahead) {
  require_past("naive_forecast", past, ahead);
  return repeat(last_of(past), ahead, 1);
}

Tensor seasonal_naive_forecast(const Tensor& past, int64_t ahead, int64_t season) {
  require_past("seasonal_naive_forecast", past, ahead);
  require<UsageError>(season > 0 && season <= past.dim(1),
                      "[seasonal_naive_forecast] need a season between 1 and the {} steps of the past, got {}",
                      past.dim(1), season);
  return slice(tile(slice(past, 1, past.dim(1) - season), (ahead + season - 1) / season, 1), 1, 0, ahead);
}

LinearForecast::LinearForecast(int64_t past, int64_t ahead) : past_(past), ahead_(ahead) {
  require<UsageError>(past > 0 && ahead > 0, "[LinearForecast] need steps of at least 1, got {} and {}", past, ahead);
}

void LinearForecast::add(const Tensor& past, const Tensor& future, const Tensor& known) {
  const NoGrad off;
  require(past.rank() == 3 && past.dim(1) == past_ && future.shape() == Shape({past.dim(0), ahead_, past.dim(2)}),
          "[LinearForecast] need a past (B, {}, C) and a future (B, {}, C), got {} and {}", past_, ahead_, past.shape(),
          future.shape());
  const Tensor last = last_of(past);
  Tensor x = by_column(past - last).to(DType::f64), y = by_column(future - last).to(DType::f64);
  if (known.defined()) {
    const Tensor whole = amin(by_column(known), {1}, true).to(DType::f64);
    x = x * whole, y = y * whole;
  }
  const Tensor gram = matmul(x, x, {.transpose_a = true}), cross = matmul(x, y, {.transpose_a = true});
  gram_ = gram_.defined() ? gram_ + gram : gram;
  cross_ = cross_.defined() ? cross_ + cross : cross;
}

void LinearForecast::solve(double ridge) {
  require<UsageError>(ridge > 0, "[LinearForecast] need a ridge above 0, got {}", ridge);
  require<UsageError>(gram_.defined(), "[LinearForecast] need windows before solve()");
  std::vector<double> a = gram_.to_vector<double>(), b = cross_.to_vector<double>();
  const auto n = static_cast<size_t>(past_), m = static_cast<size_t>(ahead_);
  double trace = 0;
  for (size_t i = 0; i < n; ++i) trace += a[i * n + i];
  // A series that never moves would leave nothing to divide by; the last step is always 0 less itself.
  const double added = std::max(ridge * trace / static_cast<double>(n), 1e-12);
  for (size_t i = 0; i < n; ++i) a[i * n + i] += added;
  solve_positive(a, b, n, m);
  std::vector<float> w(n * m);
  for (size_t i = 0; i < n; ++i)
    for (size_t h = 0; h < m; ++h) w[h * n + i] = static_cast<float>(b[i * m + h]);
  weight_ = Tensor::from(w, {ahead_, past_});
}

void LinearForecast::set_weight(const Tensor& weight) {
  require(weight.shape() == Shape({ahead_, past_}), "[LinearForecast] need a weight ({}, {}), got {}", ahead_, past_,
          weight.shape());
  weight_ = weight.detach();
}

Tensor LinearForecast::forward(const Tensor& past) const {
  require<UsageError>(weight_.defined(), "[LinearForecast] need solve() before a forecast");
  require(past.rank() == 3 && past.dim(1) == past_, "[LinearForecast] need a past (B, {}, C), got {}", past_,
          past.shape());
  const Tensor last = last_of(past);
  return matmul((past - last).transpose(1, 2), weight_, {.transpose_b = true}).transpose(1, 2) + last;
}

}  // namespace grus::metrics
