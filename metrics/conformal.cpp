#include "metrics/conformal.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace grus::metrics {

void ConformalIntervals::add(const Tensor& forecast, const Tensor& truth, const Tensor& known) {
  require(
      forecast.rank() == 3 && forecast.shape() == truth.shape() && (!known.defined() || known.shape() == truth.shape()),
      "[ConformalIntervals] need forecasts, truths and what is known (B, H, C), got {}, {} and {}", forecast.shape(),
      truth.shape(), known.shape());
  if (errors_.empty()) {
    steps_ = forecast.dim(1), columns_ = forecast.dim(2);
    errors_.resize(static_cast<size_t>(steps_ * columns_));
  }
  require(forecast.dim(1) == steps_ && forecast.dim(2) == columns_,
          "[ConformalIntervals] need {} steps of {} columns as before, got {}", steps_, columns_, forecast.shape());
  const std::vector<float> y = forecast.to_vector<float>(), t = truth.to_vector<float>();
  const std::vector<float> counts = known.defined() ? known.to_vector<float>() : std::vector<float>(y.size(), 1);
  for (size_t i = 0; i < y.size(); ++i)
    if (counts[i] != 0) errors_[i % errors_.size()].push_back(t[i] - y[i]);
}

int64_t ConformalIntervals::least_count() const {
  size_t least = errors_.empty() ? 0 : errors_.front().size();
  for (const std::vector<float>& errors : errors_) least = std::min(least, errors.size());
  return static_cast<int64_t>(least);
}

Tensor ConformalIntervals::offsets(double level) const {
  require<UsageError>(level > 0 && level < 1, "[ConformalIntervals] need a level in (0, 1), got {}", level);
  require<DataError>(least_count() > 0, "[ConformalIntervals] need an error of every step and column, got none of one");
  std::vector<float> offsets(2 * errors_.size());
  for (size_t i = 0; i < errors_.size(); ++i) {
    std::vector<float> errors = errors_[i];
    std::sort(errors.begin(), errors.end());
    const auto n = static_cast<double>(errors.size());
    const double share = (1 - level) / 2;
    // The slack keeps a product that is whole but for its rounding where it is.
    const double low = std::floor((n + 1) * share + 1e-9), high = std::ceil((n + 1) * (1 - share) - 1e-9);
    offsets[i] = errors[static_cast<size_t>(std::max(low, 1.0)) - 1];
    offsets[errors_.size() + i] = errors[static_cast<size_t>(std::min(high, n)) - 1];
  }
  return Tensor::from(offsets, {2, steps_, columns_});
}

}  // namespace grus::metrics
