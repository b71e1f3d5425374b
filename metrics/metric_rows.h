#pragma once
// The rows of one update, checked, which metrics of the library share. Everything works without a tape and, where the
// host knows the labels' range, without a wait for the device.
#include <optional>
#include <string>

#include "core/tensor/tensor.h"

namespace grus::metrics {

/// Returns the weights as (N) floats, or a mask as i64 of 0 and 1. Undefined weights are ones. Throws ShapeError unless
/// they have `shape`, DtypeError, DeviceError.
Tensor row_weights(const std::string& metric, const Tensor& weights, const Shape& shape, Device device);

/// y = sum w x (), in x's dtype or, where x is no float, in w's. A row of weight 0 adds nothing, whatever x is there.
Tensor weighted_sum(const Tensor& x, const Tensor& w);

/// Returns a bool (N): x is NaN in a row that counts, or the row's weight is.
Tensor nan_rows(const Tensor& x, const Tensor& w);

struct LabelRows {
  Tensor targets;  // (N) i64, 0 where the row does not count
  Tensor weights;  // (N) i64 or floats, 0 where the row does not count
};
/// Throws ShapeError, DtypeError, DeviceError; UsageError for a label outside [0, classes) that counts.
LabelRows label_rows(const std::string& metric, const Tensor& targets, const Tensor& weights, int64_t classes,
                     std::optional<int64_t> ignore_index);

/// Throws UsageError, naming row, label and classes, unless labels (N) of rows with a weight are in [0, classes).
/// Returns the labels as i64, 0 in rows of weight 0.
Tensor checked_labels(const std::string& metric, const char* what, const Tensor& labels, const Tensor& weights,
                      int64_t classes);

}  // namespace grus::metrics
