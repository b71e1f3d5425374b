#pragma once
#include <string>
#include <vector>

#include "metrics/forecast_errors.h"

namespace grus::metrics {

/// Errors of a model's forecasts beside those of baselines on the same windows, and what they say in words.
class ForecastComparison {
 public:
  /// The first method is the model. Throws UsageError without a baseline or a column.
  ForecastComparison(std::vector<std::string> methods, std::vector<std::string> columns);

  /// Adds a method's forecasts of windows (B, H, C), scaled and in the columns' own units; `known` has 0 where the
  /// truth is not known.
  void add(size_t method, const Tensor& forecast, const Tensor& truth, const Tensor& plain_forecast,
           const Tensor& plain_truth, const Tensor& known = Tensor());
  /// Adds the model's intervals of these windows, (B, H, C) each, scaled as the truth is.
  void add_interval(const Tensor& low, const Tensor& high, const Tensor& truth, const Tensor& known = Tensor());

  const std::vector<std::string>& methods() const { return methods_; }
  const std::vector<std::string>& columns() const { return columns_; }
  const ForecastErrors& scaled(size_t method) const { return scaled_[method]; }
  const ForecastErrors& plain(size_t method) const { return plain_[method]; }
  /// Returns the share of the known truths that were inside their interval; 0 without any.
  double inside() const { return truths_ > 0 ? inside_ / truths_ : 0; }

  /// Says whether the model's mean squared error, scaled, is below that of every baseline.
  bool model_wins() const;
  /// Returns lines of text: MSE and MAE, scaled, and the RMSE of the first columns.
  std::string table(size_t most_columns = 7) const;
  /// Returns a sentence that says whether the model wins, and a second one for columns on which a baseline is better.
  std::string verdict() const;

 private:
  std::vector<std::string> methods_, columns_;
  std::vector<ForecastErrors> scaled_, plain_;
  double inside_ = 0, truths_ = 0;
  int64_t windows_ = 0, steps_ = 0;
};

}  // namespace grus::metrics
