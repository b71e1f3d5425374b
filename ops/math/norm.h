#pragma once
// Norms over the last axis are one kernel on the host, which reads each row once; other devices compose them.
// Sources: norm.cpp, norm_composed.cpp.
#include "core/tensor/tensor.h"

namespace grus {

/// y = (x - mean) / sqrt(variance + eps) * weight + bias over the last axis (Ba et al. 2016).   x (..., F), weight and
/// bias (F) or undefined.   The variance divides by F. Saves x, weight and two numbers a row. Throws ShapeError,
/// DtypeError, DeviceError.
Tensor layer_norm(const Tensor& x, const Tensor& weight = Tensor(), const Tensor& bias = Tensor(), double eps = 1e-5);
/// y = x / sqrt(mean(x^2) + eps) * weight over the last axis (Zhang and Sennrich 2019).   x (..., F), weight (F) or
/// undefined.   Saves x, weight and a number a row. Throws as layer_norm does.
Tensor rms_norm(const Tensor& x, const Tensor& weight = Tensor(), double eps = 1e-6);

/// The composed twins.
Tensor layer_norm_composed(const Tensor& x, const Tensor& weight = Tensor(), const Tensor& bias = Tensor(),
                           double eps = 1e-5);
Tensor rms_norm_composed(const Tensor& x, const Tensor& weight = Tensor(), double eps = 1e-6);

/// y = (x - mean) / sqrt(variance + eps) * weight + bias, mean and variance of each of `groups` groups of neighbouring
/// channels (Wu and He 2018).   x (B, C, ...), weight and bias (C) or undefined.   One group is a layer norm over all
/// but the batch, C groups an instance norm. Throws ShapeError unless groups divide C, DtypeError, DeviceError.
Tensor group_norm(const Tensor& x, int64_t groups, const Tensor& weight = Tensor(), const Tensor& bias = Tensor(),
                  double eps = 1e-5);

struct [[nodiscard]] BatchMoments {
  Tensor mean, variance;  // (C); the variance divides by the number of values
  int64_t count = 0;      // values of a channel
};
/// Returns mean and variance of each channel of x (B, C, ...), or of rows (N, C). Throws ShapeError where there are no
/// values, DtypeError.
BatchMoments batch_moments(const Tensor& x);
/// y = (x - mean) / sqrt(variance + eps) * weight + bias for each channel (Ioffe and Szegedy 2015).   x (B, C, ...) or
/// (N, C); mean and variance, those of the batch or a running estimate, weight and bias (C) or undefined.   The
/// gradient goes through mean and variance. Throws ShapeError, DtypeError, DeviceError.
Tensor batch_norm(const Tensor& x, const Tensor& mean, const Tensor& variance, const Tensor& weight = Tensor(),
                  const Tensor& bias = Tensor(), double eps = 1e-5);

}  // namespace grus
