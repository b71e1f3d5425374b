#pragma once
// Metrics of predicted classes. An update takes predictions as scores (..., C), of which the largest wins (the first of
// equals), as one score (...) of class 1 against class 0, or as ids (...). Targets (...) are ids: i32, i64 or bool.
// Sources: classification.cpp, confusion.cpp.
#include "metrics/metric.h"
#include "metrics/running_sum.h"

namespace grus::metrics {

struct ClassOptions {
  int64_t classes = 2;
  int64_t ignore_index = -100;  // rows with this target count for nothing
  double threshold = 0.5;       // one score above it is class 1: 0.5 for probabilities, 0 for logits
  std::string name = "";        // in place of the metric's own
};

/// A ClassMetric checks rows and hands on those that count.
class ClassMetric : public Metric {
 public:
  /// Adds rows with their weights: f32 or f64 of the targets' shape, or a bool mask; undefined counts all. The host
  /// waits for the device only for ids whose range it does not know. Throws ShapeError, DtypeError, DeviceError;
  /// UsageError for a label outside [0, classes), naming row, label and classes.
  void update(const Tensor& predictions, const Tensor& targets, const Tensor& weights = Tensor());
  /// Adds ids.
  void update(const std::vector<int64_t>& predictions, const std::vector<int64_t>& targets);
  void reset() override;
  int64_t classes() const { return options_.classes; }

 protected:
  ClassMetric(const std::string& name, bool larger_is_better, ClassOptions options);
  /// Takes ids (N) i64 within the classes, and weights (N), i64 of 0 and 1 or floats.
  virtual void add(const Tensor& predicted, const Tensor& targets, const Tensor& weights) = 0;
  virtual void forget() = 0;
  void exchange(MetricState& state) override;
  /// Throws UsageError where a NaN came in.
  void require_numbers() const { nan_.require_none(name(), "predictions and weights"); }

 private:
  Tensor predicted_classes(const Tensor& predictions, const Tensor& targets, const Tensor& weights);

  ClassOptions options_;
  FirstRow nan_;
};

/// value = weight of rows whose class is right / weight of all
class Accuracy : public ClassMetric {
 public:
  explicit Accuracy(ClassOptions options);
  double value() const override;

 protected:
  void add(const Tensor& predicted, const Tensor& targets, const Tensor& weights) override;
  void forget() override;
  void exchange(MetricState& state) override;

 private:
  RunningSum right_{1}, weight_{1};
};

/// value = weight of rows whose target is among the k largest scores / weight of all. Of equal scores the lowest id
/// comes first (in scikit-learn the highest).
class TopKAccuracy : public Metric {
 public:
  /// Throws UsageError for a k below 1.
  explicit TopKAccuracy(int64_t k, const RowOptions& options = {});
  /// Adds rows as ClassMetric does.   scores (..., C), targets (...). Throws ShapeError for C < k.
  void update(const Tensor& scores, const Tensor& targets, const Tensor& weights = Tensor());
  double value() const override;
  void reset() override;

 protected:
  void exchange(MetricState& state) override;

 private:
  int64_t k_, ignore_index_;
  RunningSum right_{1}, weight_{1};
  FirstRow nan_;
};

/// Counts of targets and predictions: entry (t, p) is the weight of rows with target t that were taken for p.
class ConfusionMatrix : public ClassMetric {
 public:
  /// What an entry is a share of: its row, its column, the whole. A share of nothing is 0.
  enum class Normalize { none, targets, predictions, all };

  explicit ConfusionMatrix(ClassOptions options);
  /// Returns rows of targets, columns of predictions. Throws UsageError where value() does.
  std::vector<std::vector<double>> matrix(Normalize normalize = Normalize::none) const;
  /// Returns the matrix as a text table. Throws UsageError unless there is a name for each class, or none at all.
  std::string table(const std::vector<std::string>& names = {}) const;
  /// Returns the accuracy.
  double value() const override;

 protected:
  void add(const Tensor& predicted, const Tensor& targets, const Tensor& weights) override;
  void forget() override;
  void exchange(MetricState& state) override;

 private:
  RunningSum cells_;
};

}  // namespace grus::metrics
