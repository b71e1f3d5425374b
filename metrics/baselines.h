#pragma once
// Forecasts that need no training by steps: what a model must beat. Pasts are (B, L, C), forecasts (B, H, C).
#include <cstdint>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::metrics {

/// y_h = x_L: the last row again and again. Throws ShapeError.
Tensor naive_forecast(const Tensor& past, int64_t ahead);

/// y_h = x_(L - S + (h - 1) mod S + 1): the last season of S rows again and again. Throws ShapeError, UsageError unless
/// 1 <= S <= L.
Tensor seasonal_naive_forecast(const Tensor& past, int64_t ahead, int64_t season);

/// y = x_L + W (x - x_L), one W (H, L) for all columns, by ridge regression in closed form: least squares plus
/// ridge * (mean of the squares of the inputs) * |W|^2 for each example. Without ridge it is the minimum that NLinear
/// (Zeng et al. 2023) and the other linear forecasters are trained towards (Toner and Darlow 2024).
class LinearForecast {
 public:
  LinearForecast(int64_t past, int64_t ahead);
  /// Adds windows in the sums. A window's column with an unknown value in its future is left out; `known` (B, H, C) has
  /// 0 there. Throws ShapeError.
  void add(const Tensor& past, const Tensor& future, const Tensor& known = Tensor());
  /// Solves for W; the sums stay, so that another ridge can be tried. Throws UsageError for a ridge that is not above
  /// 0, and before any window.
  void solve(double ridge);
  /// Throws ShapeError; UsageError before solve().
  Tensor forward(const Tensor& past) const;

  const Tensor& weight() const { return weight_; }
  void set_weight(const Tensor& weight);

 private:
  int64_t past_, ahead_;
  Tensor gram_, cross_;  // f64 (L, L), (L, H)
  Tensor weight_;        // f32 (H, L)
};

}  // namespace grus::metrics
