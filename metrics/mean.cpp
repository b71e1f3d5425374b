#include "metrics/mean.h"

#include <cmath>
#include <numbers>

#include "core/thread/recording.h"
#include "metrics/metric_rows.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"

namespace grus::metrics {
namespace {

void require_scalar(const std::string& metric, const Tensor& x, int64_t count) {
  require_float(metric.c_str(), x);
  require(x.numel() == 1, "[{}] need one number beside a count, got {}", metric, x.shape());
  require<UsageError>(count >= 0, "[{}] need a count of at least 0, got {}", metric, count);
}

Tensor on_host(double x) { return Tensor::from(std::vector<double>{x}, Device("cpu")); }  // another device may lack f64

void add_count(RunningSum& sum, int64_t count) {
  const auto number = static_cast<double>(count);
  sum.add(std::span<const double>(&number, 1));
}

}  // namespace

Mean::Mean(std::string name, bool larger_is_better) : Metric(std::move(name), larger_is_better) {}

void Mean::update(const Tensor& x, int64_t count) {
  require_scalar(name(), x, count);
  if (count == 0) return;
  const NoGrad off;
  const Tensor row = x.detach().reshape({1});
  nan_.add(not_equal(row, row));
  sum_.add(row * static_cast<double>(count));
  add_count(weight_, count);
}

void Mean::update(double x, int64_t count) { update(on_host(x), count); }

void Mean::update(const Tensor& x, const Tensor& weights) {
  require_float(name().c_str(), x);
  const NoGrad off;
  const Tensor w = row_weights(name(), weights, x.shape(), x.device()), rows = x.detach().reshape({x.numel()});
  nan_.add(nan_rows(rows, w));
  sum_.add(weighted_sum(rows, w));
  weight_.add(sum(w));
}

double Mean::value() const {
  nan_.require_none(name(), "values");
  return mean_of(sum_.read()[0], weight_.read()[0]);
}

void Mean::exchange(MetricState& state) {
  state(sum_);
  state(weight_);
  state(nan_);
}

void Mean::reset() {
  sum_.reset();
  weight_.reset();
  nan_.reset();
}

NllMean::NllMean(const char* name, const RowOptions& options)
    : Metric(options.name.empty() ? name : options.name, false), ignore_index_(options.ignore_index) {}

void NllMean::update(const Tensor& logits, const Tensor& targets, const Tensor& weights) {
  require_float(name().c_str(), logits);
  require<UsageError>(targets.defined(), "[{}] need targets, got an undefined tensor", name());
  require(logits.rank() == targets.rank() + 1 && logits.shape().without(logits.rank() - 1) == targets.shape(),
          "[{}] need logits (..., V) for targets {}, got {}", name(), targets.shape(), logits.shape());
  require_device_of(name().c_str(), logits, targets, "targets");
  const NoGrad off;
  const LabelRows rows = label_rows(name(), targets, weights, logits.dim(-1), ignore_index_);
  const Tensor flat = logits.detach().reshape({targets.numel(), logits.dim(-1)});
  // Targets of rows that do not count are 0 here, so that no id is one to leave out.
  const Tensor losses = cross_entropy(flat, rows.targets, {.ignore_index = -1, .reduction = Reduction::none});
  nan_.add(nan_rows(losses, rows.weights));
  sum_.add(weighted_sum(losses, rows.weights));
  count_.add(sum(rows.weights));
}

void NllMean::update_sum(const Tensor& nll_sum, int64_t count) {
  require_scalar(name(), nll_sum, count);
  if (count == 0) return;
  const NoGrad off;
  const Tensor row = nll_sum.detach().reshape({1});
  nan_.add(not_equal(row, row));
  sum_.add(row);
  add_count(count_, count);
}

void NllMean::update_sum(double nll_sum, int64_t count) { update_sum(on_host(nll_sum), count); }

double NllMean::nats() const {
  nan_.require_none(name(), "losses");
  return mean_of(sum_.read()[0], count_.read()[0]);
}

void NllMean::exchange(MetricState& state) {
  state(sum_);
  state(count_);
  state(nan_);
}

void NllMean::reset() {
  sum_.reset();
  count_.reset();
  nan_.reset();
}

Perplexity::Perplexity(const RowOptions& options) : NllMean("perplexity", options) {}
double Perplexity::value() const { return std::exp(nats()); }

BitsPerCharacter::BitsPerCharacter(const RowOptions& options) : NllMean("bits_per_character", options) {}
double BitsPerCharacter::value() const { return nats() / std::numbers::ln2; }

}  // namespace grus::metrics
