#pragma once
// Means: a loss, and what follows from the mean negative log likelihood.
#include "metrics/metric.h"
#include "metrics/running_sum.h"

namespace grus::metrics {

/// value = sum w x / sum w, as of losses: a batch's mean counts as often as the batch has examples.
class Mean : public Metric {
 public:
  explicit Mean(std::string name = "loss", bool larger_is_better = false);
  /// Adds the mean `x` () of `count` examples, as one row. The tensor stays on its device. Throws ShapeError,
  /// DtypeError; UsageError for a negative count.
  void update(const Tensor& x, int64_t count);
  void update(double x, int64_t count);
  /// Adds every element of `x` with its weight: one that is not f32 or f64 is a mask, undefined counts all. Throws
  /// ShapeError, DtypeError, DeviceError.
  void update(const Tensor& x, const Tensor& weights = Tensor());
  double value() const override;
  void reset() override;

 protected:
  void exchange(MetricState& state) override;

 private:
  RunningSum sum_{1}, weight_{1};  // of w x, of w
  FirstRow nan_;
};

/// NllMean gathers sums of -log p and the number of what they count: tokens or characters.
class NllMean : public Metric {
 public:
  /// Adds -log softmax(logits)[target] of each row.   logits (..., V), targets (...) i32 or i64, weights as those of
  /// Mean. Rows with target `ignore_index` do not count. Throws ShapeError, DtypeError; UsageError for a target outside
  /// [0, V), naming its row.
  void update(const Tensor& logits, const Tensor& targets, const Tensor& weights = Tensor());
  /// Adds a sum () of nats over `count` tokens or characters, as nll_sum of linear_cross_entropy.
  void update_sum(const Tensor& nll_sum, int64_t count);
  void update_sum(double nll_sum, int64_t count);
  void reset() override;

 protected:
  NllMean(const char* name, const RowOptions& options);
  void exchange(MetricState& state) override;
  double nats() const;  // the mean

 private:
  int64_t ignore_index_;
  RunningSum sum_{1}, count_{1};
  FirstRow nan_;
};

/// value = exp(sum of -log p / tokens); inf where that is beyond a double.
class Perplexity : public NllMean {
 public:
  explicit Perplexity(const RowOptions& options = {});
  double value() const override;
};

/// value = sum of -log2 p / characters. A model of tokens that are not characters takes update_sum, and the number of
/// characters.
class BitsPerCharacter : public NllMean {
 public:
  explicit BitsPerCharacter(const RowOptions& options = {});
  double value() const override;
};

}  // namespace grus::metrics
