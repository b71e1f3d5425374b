#include "metrics/roc_auc.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/tensor/raw.h"
#include "core/thread/recording.h"
#include "metrics/metric_rows.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"

namespace grus::metrics {

RocAuc::RocAuc(RocAucOptions options)
    : Metric(options.name, true), options_(std::move(options)), bins_(std::max<int64_t>(1, 2 * options_.bins)) {
  require<UsageError>(options_.bins == 0 || options_.bins >= 2,
                      "[{}] need at least 2 bins, or 0 for all scores, got {}", name(), options_.bins);
}

void RocAuc::update(const Tensor& scores, const Tensor& targets, const Tensor& weights) {
  require_float(name().c_str(), scores);
  require<UsageError>(targets.defined(), "[{}] need targets, got an undefined tensor", name());
  const bool one_each = scores.shape() == targets.shape();
  require(one_each || (scores.rank() == targets.rank() + 1 && scores.dim(-1) == 2 &&
                       scores.shape().without(scores.rank() - 1) == targets.shape()),
          "[{}] need scores (...) or (..., 2) for targets {}, got {}", name(), targets.shape(), scores.shape());
  require_device_of(name().c_str(), scores, targets, "targets");
  const NoGrad off;
  const LabelRows rows = label_rows(name(), targets, weights, 2, options_.ignore_index);
  const int64_t n = targets.numel();
  const Tensor s = (one_each ? scores.detach() : scores.detach().columns(1)).reshape({n});
  nan_.add(nan_rows(s, rows.weights));
  if (options_.bins == 0) {
    const Tensor w = cast(rows.weights, s.dtype()), positive = where(equal(rows.targets, 1.0), w, 0.0);
    waiting_.push_back(stack({s, positive, w - positive}));
    return;
  }
  const auto bins = static_cast<double>(options_.bins);
  outside_.add(logical_and(logical_or(less(s, 0.0), greater(s, 1.0)), not_equal(rows.weights, 0.0)));
  const Tensor bin = cast(clamp(s * bins, 0, bins - 1), DType::i64) + rows.targets * bins;
  Raw::know_range(bin, {0, 2 * bins - 1});
  bins_.add(scatter_rows(rows.weights, bin, 2 * options_.bins));
}

void RocAuc::update(const std::vector<double>& scores, const std::vector<int64_t>& targets) {
  const Device host("cpu");  // another device may lack f64
  update(Tensor::from(scores, host), Tensor::from(targets, host));
}

void RocAuc::gather() const {
  const NoGrad off;
  for (const Tensor& part : waiting_) {
    const std::vector<double> values = part.to(Device("cpu")).to(DType::f64).to_vector<double>();
    const size_t n = values.size() / 3;
    for (size_t i = 0; i < n; ++i)
      if (values[n + i] != 0 || values[2 * n + i] != 0) kept_.push_back({values[i], values[n + i], values[2 * n + i]});
  }
  waiting_.clear();
}

double RocAuc::value() const {
  nan_.require_none(name(), "scores and weights");
  if (options_.bins == 0) {
    gather();
    std::stable_sort(kept_.begin(), kept_.end(), [](const Scored& a, const Scored& b) { return a.score < b.score; });
    return area(kept_);
  }
  const std::optional<int64_t> row = outside_.read();
  require<UsageError>(!row, "[{}] need scores in [0, 1] for bins, got another in row {} since the reset", name(),
                      row.value_or(0));
  std::vector<Scored> scored;
  const std::vector<double>& counts = bins_.read();
  const auto bins = static_cast<size_t>(options_.bins);
  for (size_t i = 0; i < bins; ++i) scored.push_back({static_cast<double>(i), counts[bins + i], counts[i]});
  return area(scored);
}

double RocAuc::area(const std::vector<Scored>& ascending) const {
  double area = 0, positive = 0, negative = 0;
  for (size_t i = 0; i < ascending.size();) {
    double tied_positive = 0, tied_negative = 0;
    const double score = ascending[i].score;
    for (; i < ascending.size() && ascending[i].score == score; ++i) {
      tied_positive += ascending[i].positive;
      tied_negative += ascending[i].negative;
    }
    area += tied_positive * (negative + tied_negative / 2);
    positive += tied_positive;
    negative += tied_negative;
  }
  (void)mean_of(area, positive + negative);  // throws where there is no example
  require<UsageError>(positive > 0 && negative > 0,
                      "[{}] need examples of both classes, got weight {:g} of class 1 and {:g} of class 0", name(),
                      positive, negative);
  return area / (positive * negative);
}

std::vector<RocPoint> roc_curve(const std::vector<double>& scores, const std::vector<int64_t>& labels) {
  require<UsageError>(scores.size() == labels.size(), "[roc_curve] need a label for each score, got {} labels for {}",
                      labels.size(), scores.size());
  std::vector<std::pair<double, int64_t>> rows;
  double faults = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    require<UsageError>(labels[i] == 0 || labels[i] == 1, "[roc_curve] need labels 0 or 1, got {} in row {}", labels[i],
                        i);
    require<UsageError>(!std::isnan(scores[i]), "[roc_curve] need numbers as scores, got NaN in row {}", i);
    rows.emplace_back(scores[i], labels[i]);
    faults += static_cast<double>(labels[i]);
  }
  const double others = static_cast<double>(rows.size()) - faults;
  require<UsageError>(faults > 0 && others > 0,
                      "[roc_curve] need rows of both classes, got {} of class 1 and {} of class 0", faults, others);
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<RocPoint> curve = {{0, 0, std::numeric_limits<double>::infinity()}};
  double right = 0, wrong = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    (rows[i].second == 1 ? right : wrong) += 1;
    if (i + 1 == rows.size() || rows[i + 1].first != rows[i].first)
      curve.push_back({wrong / others, right / faults, rows[i].first});
  }
  return curve;
}

void RocAuc::exchange(MetricState& state) {
  gather();
  state(bins_);
  state(nan_);
  state(outside_);
  state.list(kept_, [&](Scored& scored) {
    state(scored.score);
    state(scored.positive);
    state(scored.negative);
  });
}

void RocAuc::reset() {
  bins_.reset();
  nan_.reset();
  outside_.reset();
  waiting_.clear();
  kept_.clear();
}

}  // namespace grus::metrics
