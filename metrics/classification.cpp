#include "metrics/classification.h"

#include <fmt/format.h>

#include "core/tensor/raw.h"
#include "core/thread/recording.h"
#include "metrics/metric_rows.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"

namespace grus::metrics {
namespace {

std::string name_or(const std::string& name, const std::string& own) { return name.empty() ? own : name; }

}  // namespace

ClassMetric::ClassMetric(const std::string& name, bool larger_is_better, ClassOptions options)
    : Metric(name_or(options.name, name), larger_is_better), options_(std::move(options)) {
  require<UsageError>(options_.classes >= 2, "[{}] need at least 2 classes, got {}", this->name(), options_.classes);
}

void ClassMetric::update(const Tensor& predictions, const Tensor& targets, const Tensor& weights) {
  require<UsageError>(predictions.defined(), "[{}] need predictions, got an undefined tensor", name());
  const NoGrad off;
  const LabelRows rows = label_rows(name(), targets, weights, classes(), options_.ignore_index);
  require_device_of(name().c_str(), predictions, targets, "targets");
  const Tensor predicted = predicted_classes(predictions.detach(), targets, rows.weights);
  add(predicted, rows.targets, rows.weights);
}

void ClassMetric::update(const std::vector<int64_t>& predictions, const std::vector<int64_t>& targets) {
  update(Tensor::from(predictions), Tensor::from(targets));
}

Tensor ClassMetric::predicted_classes(const Tensor& predictions, const Tensor& targets, const Tensor& weights) {
  const bool one_each = predictions.shape() == targets.shape();
  if (one_each && !is_float(predictions.dtype())) {
    const Tensor ids = checked_labels(name(), "predictions", predictions, weights, classes());
    nan_.add(nan_rows(weights, weights));
    return ids;
  }
  const int64_t rows = targets.numel();
  if (one_each) {
    require(classes() == 2, "[{}] need scores (..., {}) for targets {}, got {}", name(), classes(), targets.shape(),
            predictions.shape());
    const Tensor scores = predictions.reshape({rows});
    nan_.add(nan_rows(scores, weights));
    const Tensor ids = cast(greater(scores, options_.threshold), DType::i64);
    Raw::know_range(ids, {0, 1});
    return ids;
  }
  require(predictions.rank() == targets.rank() + 1 && predictions.dim(-1) == classes() &&
              predictions.shape().without(predictions.rank() - 1) == targets.shape(),
          "[{}] need scores (..., {}) or ids (...) for targets {}, got {}", name(), classes(), targets.shape(),
          predictions.shape());
  require_float(name().c_str(), predictions);
  const Tensor scores = predictions.reshape({rows, classes()});
  nan_.add(nan_rows(amax(scores, {1}), weights));  // a NaN is the largest
  return argmax(scores, {1});
}

void ClassMetric::reset() {
  nan_.reset();
  forget();
}

void ClassMetric::exchange(MetricState& state) { state(nan_); }

Accuracy::Accuracy(ClassOptions options) : ClassMetric("accuracy", true, std::move(options)) {}

void Accuracy::add(const Tensor& predicted, const Tensor& targets, const Tensor& weights) {
  right_.add(weighted_sum(cast(equal(predicted, targets), DType::i64), weights));
  weight_.add(sum(weights));
}

double Accuracy::value() const {
  require_numbers();
  return mean_of(right_.read()[0], weight_.read()[0]);
}

void Accuracy::forget() {
  right_.reset();
  weight_.reset();
}

void Accuracy::exchange(MetricState& state) {
  ClassMetric::exchange(state);
  state(right_);
  state(weight_);
}

TopKAccuracy::TopKAccuracy(int64_t k, const RowOptions& options)
    : Metric(name_or(options.name, fmt::format("top_{}_accuracy", k)), true),
      k_(k),
      ignore_index_(options.ignore_index) {
  require<UsageError>(k >= 1, "[{}] need k of at least 1, got {}", this->name(), k);
}

void TopKAccuracy::update(const Tensor& scores, const Tensor& targets, const Tensor& weights) {
  require_float(name().c_str(), scores);
  require<UsageError>(targets.defined(), "[{}] need targets, got an undefined tensor", name());
  require(scores.rank() == targets.rank() + 1 && scores.dim(-1) >= k_ &&
              scores.shape().without(scores.rank() - 1) == targets.shape(),
          "[{}] need scores (..., C) of at least {} classes for targets {}, got {}", name(), k_, targets.shape(),
          scores.shape());
  require_device_of(name().c_str(), scores, targets, "targets");
  const NoGrad off;
  const LabelRows rows = label_rows(name(), targets, weights, scores.dim(-1), ignore_index_);
  const TopK best = top_k(scores.detach().reshape({targets.numel(), scores.dim(-1)}), k_);
  nan_.add(nan_rows(amax(best.values, {1}), rows.weights));  // a NaN is the largest
  const Tensor hits = cast(equal(best.ids, rows.targets.reshape({targets.numel(), 1})), DType::i64);
  right_.add(weighted_sum(sum(hits, {1}), rows.weights));
  weight_.add(sum(rows.weights));
}

double TopKAccuracy::value() const {
  nan_.require_none(name(), "predictions and weights");
  return mean_of(right_.read()[0], weight_.read()[0]);
}

void TopKAccuracy::exchange(MetricState& state) {
  state(right_);
  state(weight_);
  state(nan_);
}

void TopKAccuracy::reset() {
  right_.reset();
  weight_.reset();
  nan_.reset();
}

}  // namespace grus::metrics
