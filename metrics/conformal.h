#pragma once
#include <cstdint>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::metrics {

/// Intervals around any forecast by split conformal prediction (Vovk et al. 2005; Lei et al. 2018): what its errors
/// were on data that it did not learn from, by step ahead and column. Of n errors t - y in order, the interval of a
/// level 1 - a reaches from the floor((n + 1) a / 2)-th to the ceil((n + 1) (1 - a / 2))-th, or as far as there are
/// errors. It covers a new value with probability 1 - a where that value's error is exchangeable with them.
class ConformalIntervals {
 public:
  /// Adds forecasts and truths (B, H, C); `known` has 0 where the truth is not known. Throws ShapeError.
  void add(const Tensor& forecast, const Tensor& truth, const Tensor& known = Tensor());
  /// Returns what is added to a forecast, (2, H, C): low, high. Throws UsageError for a level outside (0, 1), and
  /// DataError where a step and column has no known error.
  Tensor offsets(double level) const;
  /// Returns the least number of known errors of a step and column.
  int64_t least_count() const;

 private:
  int64_t steps_ = 0, columns_ = 0;
  std::vector<std::vector<float>> errors_;  // H C lists
};

}  // namespace grus::metrics
