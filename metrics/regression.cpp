#include "metrics/regression.h"

#include <cmath>

#include "core/thread/recording.h"
#include "metrics/metric_rows.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus::metrics {

void RegressionMetric::update(const Tensor& prediction, const Tensor& target, const Tensor& weights) {
  require_float(name().c_str(), prediction);
  require_same_kind(name().c_str(), prediction, target);
  require(prediction.shape() == target.shape(), "[{}] need predictions and targets of one shape, got {} and {}", name(),
          prediction.shape(), target.shape());
  const NoGrad off;
  const Tensor w = row_weights(name(), weights, target.shape(), target.device());
  const Tensor errors = error(prediction.detach(), target.detach()).reshape({target.numel()});
  nan_.add(nan_rows(errors, w));
  sum_.add(weighted_sum(errors, w));
  weight_.add(sum(w));
}

void RegressionMetric::update(const std::vector<double>& prediction, const std::vector<double>& target) {
  const Device host("cpu");  // another device may lack f64
  update(Tensor::from(prediction, host), Tensor::from(target, host));
}

double RegressionMetric::value() const {
  nan_.require_none(name(), "errors");
  return mean_of(sum_.read()[0], weight_.read()[0]);
}

void RegressionMetric::exchange(MetricState& state) {
  state(sum_);
  state(weight_);
  state(nan_);
}

void RegressionMetric::reset() {
  sum_.reset();
  weight_.reset();
  nan_.reset();
}

Tensor MeanAbsoluteError::error(const Tensor& prediction, const Tensor& target) const {
  return abs(prediction - target);
}

Tensor RootMeanSquaredError::error(const Tensor& prediction, const Tensor& target) const {
  return square(prediction - target);
}
double RootMeanSquaredError::value() const { return std::sqrt(RegressionMetric::value()); }

Tensor MeanAbsolutePercentageError::error(const Tensor& prediction, const Tensor& target) const {
  return abs(prediction - target) / maximum(abs(target), 0x1p-52);
}

QuantileLoss::QuantileLoss(double quantile, std::string name) : RegressionMetric(std::move(name)), quantile_(quantile) {
  require<UsageError>(quantile > 0 && quantile < 1, "[{}] need a quantile in (0, 1), got {}", this->name(), quantile);
}

Tensor QuantileLoss::error(const Tensor& prediction, const Tensor& target) const {
  const Tensor gap = target - prediction;
  return maximum(gap * quantile_, gap * (quantile_ - 1));
}

}  // namespace grus::metrics
