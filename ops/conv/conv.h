#pragma once
// Convolutions by products (as deep learning has them: the kernel is not turned around). In loops over images a thread
// lays out some windows as a matrix, multiplies it, and goes on; nothing of the size of all windows is in memory.
// Sources: conv.cpp, conv_sequence.cpp.
#include "ops/conv/window.h"

namespace grus {

struct ConvOptions {
  Pair stride = 1, padding = 0, dilation = 1;
  int64_t groups = 1;  // group g of the outputs sees group g of the channels
};

/// y[b, o] = bias[o] + sum_c x[b, c] * weight[o, c].   x (B, C, H, W), weight (O, C / groups, kh, kw), bias (O) or
/// undefined -> y (B, O, OH, OW), OH = (H + 2 padding - dilation (kh - 1) - 1) / stride + 1, rounded down.   Saves x,
/// weight. Throws ShapeError, DtypeError, DeviceError, UsageError.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = Tensor(), const ConvOptions& options = {});
/// The composed twin, which lays out all windows (im2col).
Tensor conv2d_composed(const Tensor& x, const Tensor& weight, const Tensor& bias = Tensor(),
                       const ConvOptions& options = {});

struct Conv1dOptions {
  int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
};
/// conv2d over one axis.   x (B, C, L), weight (O, C / groups, k), bias (O) or undefined -> y (B, O, OL).
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = Tensor(), const Conv1dOptions& options = {});

struct ConvSequenceOptions {
  int64_t before = 0, after = 0;  // steps of zeros; dilation (k - 1) before and none after make it causal
  int64_t dilation = 1;
};
/// conv1d over time-major sequences, a product for each tap and no layout of windows: y[t] = bias + sum_j weight[:, :,
/// j] x[t + j dilation - before].   x (T, B, C), weight (O, C, k), bias (O) or undefined -> y (T', B, O).   Saves x,
/// weight. Throws as conv2d does.
Tensor conv_sequence(const Tensor& x, const Tensor& weight, const Tensor& bias = Tensor(),
                     const ConvSequenceOptions& options = {});

}  // namespace grus
