#pragma once
// Errors of predicted numbers. Every element is an example; predictions and targets have one shape and never broadcast.
#include "metrics/metric.h"
#include "metrics/running_sum.h"

namespace grus::metrics {

/// RegressionMetric is a mean over elements of an error that derived classes define, e(prediction, target).
class RegressionMetric : public Metric {
 public:
  /// Adds elements with their weights: f32 or f64 of the same shape, or a bool mask; undefined counts all. Throws
  /// ShapeError, DtypeError, DeviceError.
  void update(const Tensor& prediction, const Tensor& target, const Tensor& weights = Tensor());
  void update(const std::vector<double>& prediction, const std::vector<double>& target);
  double value() const override;
  void reset() override;

 protected:
  explicit RegressionMetric(std::string name) : Metric(std::move(name), false) {}
  virtual Tensor error(const Tensor& prediction, const Tensor& target) const = 0;
  void exchange(MetricState& state) override;

 private:
  RunningSum sum_{1}, weight_{1};
  FirstRow nan_;
};

/// value = mean |y - t|
class MeanAbsoluteError : public RegressionMetric {
 public:
  explicit MeanAbsoluteError(std::string name = "mae") : RegressionMetric(std::move(name)) {}

 protected:
  Tensor error(const Tensor& prediction, const Tensor& target) const override;
};

/// value = sqrt(mean (y - t)^2). Of several outputs it is the root of the mean over all, not a mean of roots.
class RootMeanSquaredError : public RegressionMetric {
 public:
  explicit RootMeanSquaredError(std::string name = "rmse") : RegressionMetric(std::move(name)) {}
  double value() const override;

 protected:
  Tensor error(const Tensor& prediction, const Tensor& target) const override;
};

/// value = mean |y - t| / max(|t|, 2^-52): a fraction, not a percentage. A target of 0 makes it large, as in
/// scikit-learn.
class MeanAbsolutePercentageError : public RegressionMetric {
 public:
  explicit MeanAbsolutePercentageError(std::string name = "mape") : RegressionMetric(std::move(name)) {}

 protected:
  Tensor error(const Tensor& prediction, const Tensor& target) const override;
};

/// value = mean max(q (t - y), (q - 1) (t - y)), the pinball loss of a predicted quantile q in (0, 1) (Koenker and
/// Bassett 1978). Throws UsageError for another q.
class QuantileLoss : public RegressionMetric {
 public:
  explicit QuantileLoss(double quantile, std::string name = "quantile_loss");

 protected:
  Tensor error(const Tensor& prediction, const Tensor& target) const override;

 private:
  double quantile_;
};

}  // namespace grus::metrics
