#pragma once
#include <cstdint>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::metrics {

/// Errors t - y of forecasts, added up by step ahead h and column c.
class ForecastErrors {
 public:
  /// Adds forecasts and truths (B, H, C); `known` has 0 where the truth is not known. Throws ShapeError.
  void add(const Tensor& forecast, const Tensor& truth, const Tensor& known = Tensor());

  /// Return means over all known errors, or those of one column. Throw UsageError where there is none.
  double mse(int64_t column = -1) const { return mean(squares_, -1, column); }
  double mae(int64_t column = -1) const { return mean(absolutes_, -1, column); }
  double rmse(int64_t column = -1) const;
  /// Return means by step ahead, over all columns or one; NaN where a step has none.
  std::vector<double> mae_by_step(int64_t column = -1) const;
  int64_t count() const;

 private:
  double mean(const std::vector<double>& sums, int64_t step, int64_t column) const;
  int64_t steps_ = 0, columns_ = 0;
  std::vector<double> squares_, absolutes_, counts_;  // (H, C)
};

}  // namespace grus::metrics
