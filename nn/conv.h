#pragma once
// Convolutions and pooling as modules, with PyTorch's parameters and layouts: (B, C, L) and (B, C, H, W).
#include "core/tensor/lengths.h"
#include "nn/module.h"
#include "ops/conv/conv.h"
#include "ops/conv/pool.h"

namespace grus::nn {

struct Conv1dOptions {
  int64_t in, out, kernel;  // channels, and taps
  int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
  bool bias = true;
};

/// y = conv1d(x, weight, bias).   x (B, C, L) -> y (B, O, OL).   Parameters start from U(-b, b), b = 1 / sqrt(C kernel
/// / groups), as PyTorch's.
class Conv1d : public Module<Conv1d> {
 public:
  explicit Conv1d(Conv1dOptions options, Rng& rng = default_rng());
  Tensor forward(const Tensor& x) const;
  /// Takes time-major sequences, x (T, B, C) -> y (T', B, O), for a stride and groups of 1. With `causal` zeros stand
  /// before x alone, so that y[t] sees no step behind t; with lengths padded places count as zeros.
  Tensor forward_sequence(const Tensor& x, const Lengths* lengths = nullptr, bool causal = false) const;

  Conv1dOptions options;
  Parameter weight;  // (O, C / groups, kernel)
  Parameter bias;    // (O), or absent
};

struct Conv2dOptions {
  int64_t in, out;
  Pair kernel;
  Pair stride = 1, padding = 0, dilation = 1;
  int64_t groups = 1;
  bool bias = true;
};

/// y = conv2d(x, weight, bias).   x (B, C, H, W) -> y (B, O, OH, OW).   Parameters start as Conv1d's.
class Conv2d : public Module<Conv2d> {
 public:
  explicit Conv2d(Conv2dOptions options, Rng& rng = default_rng());
  Tensor forward(const Tensor& x) const;

  Conv2dOptions options;
  Parameter weight;  // (O, C / groups, kh, kw)
  Parameter bias;    // (O), or absent
};

/// Pooling without parameters, for Sequential: MaxPool2d(2), AvgPool1d(3, {.stride = 1}).
class MaxPool1d : public Module<MaxPool1d> {
 public:
  explicit MaxPool1d(int64_t kernel, Pool1dOptions options = {}) : kernel(kernel), options(options) {}
  Tensor forward(const Tensor& x) const { return max_pool1d(x, kernel, options); }
  int64_t kernel;
  Pool1dOptions options;
};
class AvgPool1d : public Module<AvgPool1d> {
 public:
  explicit AvgPool1d(int64_t kernel, Pool1dOptions options = {}) : kernel(kernel), options(options) {}
  Tensor forward(const Tensor& x) const { return avg_pool1d(x, kernel, options); }
  int64_t kernel;
  Pool1dOptions options;
};
class MaxPool2d : public Module<MaxPool2d> {
 public:
  explicit MaxPool2d(Pair kernel, PoolOptions options = {}) : kernel(kernel), options(options) {}
  Tensor forward(const Tensor& x) const { return max_pool2d(x, kernel, options); }
  Pair kernel;
  PoolOptions options;
};
class AvgPool2d : public Module<AvgPool2d> {
 public:
  explicit AvgPool2d(Pair kernel, PoolOptions options = {}) : kernel(kernel), options(options) {}
  Tensor forward(const Tensor& x) const { return avg_pool2d(x, kernel, options); }
  Pair kernel;
  PoolOptions options;
};
/// y (B, C) = the mean, or the largest, of each channel of x (B, C, ...).
class GlobalAvgPool : public Module<GlobalAvgPool> {
 public:
  Tensor forward(const Tensor& x) const { return global_avg_pool(x); }
};
class GlobalMaxPool : public Module<GlobalMaxPool> {
 public:
  Tensor forward(const Tensor& x) const { return global_max_pool(x); }
};

}  // namespace grus::nn
