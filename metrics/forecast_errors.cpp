#include "metrics/forecast_errors.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/error.h"

namespace grus::metrics {

void ForecastErrors::add(const Tensor& forecast, const Tensor& truth, const Tensor& known) {
  require(
      forecast.rank() == 3 && forecast.shape() == truth.shape() && (!known.defined() || known.shape() == truth.shape()),
      "[ForecastErrors] need forecasts, truths and what is known (B, H, C), got {}, {} and {}", forecast.shape(),
      truth.shape(), known.shape());
  if (counts_.empty()) {
    steps_ = forecast.dim(1), columns_ = forecast.dim(2);
    const auto size = static_cast<size_t>(steps_ * columns_);
    squares_.resize(size), absolutes_.resize(size), counts_.resize(size);
  }
  require(forecast.dim(1) == steps_ && forecast.dim(2) == columns_,
          "[ForecastErrors] need {} steps of {} columns as before, got {}", steps_, columns_, forecast.shape());
  const std::vector<float> y = forecast.to_vector<float>(), t = truth.to_vector<float>();
  const std::vector<float> counts = known.defined() ? known.to_vector<float>() : std::vector<float>(y.size(), 1);
  for (size_t i = 0; i < y.size(); ++i) {
    if (counts[i] == 0) continue;
    const double error = static_cast<double>(t[i]) - static_cast<double>(y[i]);
    const size_t place = i % counts_.size();
    squares_[place] += error * error, absolutes_[place] += std::abs(error), ++counts_[place];
  }
}

double ForecastErrors::mean(const std::vector<double>& sums, int64_t step, int64_t column) const {
  double sum = 0, count = 0;
  for (int64_t h = step < 0 ? 0 : step; h < (step < 0 ? steps_ : step + 1); ++h)
    for (int64_t c = column < 0 ? 0 : column; c < (column < 0 ? columns_ : column + 1); ++c) {
      sum += sums[static_cast<size_t>(h * columns_ + c)];
      count += counts_[static_cast<size_t>(h * columns_ + c)];
    }
  if (step >= 0 && count == 0) return std::numeric_limits<double>::quiet_NaN();
  require<UsageError>(count > 0, "[ForecastErrors] need a known error, got none");
  return sum / count;
}

double ForecastErrors::rmse(int64_t column) const { return std::sqrt(mse(column)); }

std::vector<double> ForecastErrors::mae_by_step(int64_t column) const {
  std::vector<double> means;
  for (int64_t h = 0; h < steps_; ++h) means.push_back(mean(absolutes_, h, column));
  return means;
}

int64_t ForecastErrors::count() const {
  return static_cast<int64_t>(std::accumulate(counts_.begin(), counts_.end(), 0.0));
}

}  // namespace grus::metrics
