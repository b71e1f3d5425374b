#include "metrics/metric_rows.h"

#include "core/base/error.h"
#include "core/tensor/raw.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus::metrics {
namespace {

bool is_integer(const Tensor& x) { return x.dtype() == DType::i32 || x.dtype() == DType::i64; }

Tensor flat(const Tensor& x) { return x.detach().reshape({x.numel()}); }

Tensor counting(const Tensor& w) { return not_equal(w, 0.0); }

}  // namespace

Tensor row_weights(const std::string& metric, const Tensor& weights, const Shape& shape, Device device) {
  if (!weights.defined()) return Tensor::ones({shape.numel()}, DType::i64, device);
  require<DtypeError>(weights.dtype() == DType::boolean || is_float(weights.dtype()),
                      "[{}] need weights of f32 or f64, or a bool mask, got {} {}", metric, weights.dtype(),
                      weights.shape());
  require(weights.shape() == shape, "[{}] need a weight for each of targets {}, got weights {}", metric, shape,
          weights.shape());
  require<DeviceError>(weights.device() == device, "[{}] need weights on {}, got {}", metric, device.name(),
                       weights.device().name());
  return flat(is_float(weights.dtype()) ? weights : cast(weights, DType::i64));
}

Tensor weighted_sum(const Tensor& x, const Tensor& w) {
  const DType dtype = is_float(x.dtype()) || !is_float(w.dtype()) ? x.dtype() : w.dtype();
  return sum(where(counting(w), cast(x, dtype) * cast(w, dtype), 0.0));
}

Tensor nan_rows(const Tensor& x, const Tensor& w) {
  const Tensor rows = logical_and(not_equal(x, x), counting(w));
  return is_float(w.dtype()) ? logical_or(rows, not_equal(w, w)) : rows;
}

Tensor checked_labels(const std::string& metric, const char* what, const Tensor& labels, const Tensor& weights,
                      int64_t classes) {
  auto known = Raw::known_range(labels);
  if (labels.dtype() == DType::boolean) known = Range{0, 1};
  const Tensor ids = cast(flat(labels), DType::i64);
  const Range range{0, static_cast<double>(classes - 1)};
  if (known && known->low >= range.low && known->high <= range.high) return ids;
  const Tensor clean = where(counting(weights), ids, 0.0);
  int64_t row = 0;
  for (const int64_t id : clean.to_vector<int64_t>()) {  // the host waits for the device
    require<UsageError>(id >= 0 && id < classes, "[{}] need {} in [0, {}), got {} in row {}", metric, what, classes, id,
                        row);
    ++row;
  }
  Raw::know_range(clean, range);
  return clean;
}

LabelRows label_rows(const std::string& metric, const Tensor& targets, const Tensor& weights, int64_t classes,
                     std::optional<int64_t> ignore_index) {
  require<UsageError>(targets.defined(), "[{}] need targets, got an undefined tensor", metric);
  require<DtypeError>(is_integer(targets) || targets.dtype() == DType::boolean,
                      "[{}] need targets of i32, i64 or bool, got {} {}", metric, targets.dtype(), targets.shape());
  LabelRows rows;
  rows.weights = row_weights(metric, weights, targets.shape(), targets.device());
  const auto known = Raw::known_range(targets);
  const bool none_ignored =
      !ignore_index || targets.dtype() == DType::boolean ||
      (known && (static_cast<double>(*ignore_index) < known->low || static_cast<double>(*ignore_index) > known->high));
  if (!none_ignored) {
    const Tensor kept = not_equal(flat(targets), static_cast<double>(*ignore_index));
    rows.weights = where(kept, rows.weights, 0.0);
  }
  rows.targets = checked_labels(metric, "labels", targets, rows.weights, classes);
  return rows;
}

}  // namespace grus::metrics
