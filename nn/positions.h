#pragma once
// Positions that are added to the steps of time-major sequences; rotary ones are an option of MultiheadAttention.
#include "core/tensor/lengths.h"
#include "nn/module.h"

namespace grus::nn {

/// y[t] = x[t] + weight[first + t]: positions that are learnt, at most `steps` of them. The weight starts from N(0,
/// 0.02^2), as BERT's and GPT's do.
class LearntPositions : public Module<LearntPositions> {
 public:
  LearntPositions(int64_t steps, int64_t width, Rng& rng = default_rng());
  /// x (T, B, E). Throws ShapeError where a position is beyond the last.
  Tensor forward(const Tensor& x, int64_t first = 0) const;
  /// Takes packed rows (N, E).
  Tensor forward_packed(const Tensor& x, const Lengths& lengths) const;
  Parameter weight;  // (steps, E)
};

/// y[t] = x[t] + sinusoidal_positions[first + t] (Vaswani et al. 2017), for sequences of any length.
class SinusoidalPositions : public Module<SinusoidalPositions> {
 public:
  explicit SinusoidalPositions(int64_t width, double base = 10000);
  /// x (T, B, E). Throws ShapeError.
  Tensor forward(const Tensor& x, int64_t first = 0) const;
  /// Takes packed rows (N, E).
  Tensor forward_packed(const Tensor& x, const Lengths& lengths) const;
  int64_t width;
  double base;
};

}  // namespace grus::nn
