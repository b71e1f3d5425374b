#pragma once
// Precision, recall and F, with the averages and conventions of scikit-learn. What is kept are three numbers a class.
#include "metrics/classification.h"

namespace grus::metrics {

/// How one number comes of a rate for each class. `macro` is the plain mean and `weighted` that by weights of targets,
/// over classes that are a target or a prediction somewhere; `micro` adds up the counts first; `binary` is the rate of
/// the class `positive` alone.
enum class Average { macro, weighted, micro, binary };

struct ClassRateOptions {
  int64_t classes = 2;
  Average average = Average::macro;
  int64_t ignore_index = -100;  // rows with this target count for nothing
  double zero_division = 0;     // 0 or 1: the rate of a class whose denominator is 0
  int64_t positive = 1;         // the class of Average::binary
  double threshold = 0.5;       // one score above it is class 1: 0.5 for probabilities, 0 for logits
  std::string name = "";        // in place of the metric's own
};

/// A ClassRate counts for each class c what was right (target and prediction c), predicted (c) and actual (target c).
class ClassRate : public ClassMetric {
 public:
  double value() const override;
  /// Returns the rate of each class; zero_division for one that is neither a target nor a prediction anywhere. Throws
  /// UsageError where value() does.
  std::vector<double> by_class() const;

 protected:
  ClassRate(const std::string& name, const ClassRateOptions& options);
  void add(const Tensor& predicted, const Tensor& targets, const Tensor& weights) override;
  void forget() override;
  void exchange(MetricState& state) override;
  struct Quotient {
    double above, below;
  };
  virtual Quotient rate(double right, double predicted, double actual) const = 0;

 private:
  double divided(Quotient q) const { return q.below == 0 ? options_.zero_division : q.above / q.below; }
  const std::vector<double>& counts() const;

  ClassRateOptions options_;
  RunningSum counts_;  // right, predicted, actual, each by class
};

/// rate = right / predicted
class PrecisionScore : public ClassRate {
 public:
  explicit PrecisionScore(const ClassRateOptions& options) : ClassRate("precision", options) {}

 protected:
  Quotient rate(double right, double predicted, double actual) const override;
};

/// rate = right / actual
class RecallScore : public ClassRate {
 public:
  explicit RecallScore(const ClassRateOptions& options) : ClassRate("recall", options) {}

 protected:
  Quotient rate(double right, double predicted, double actual) const override;
};

/// rate = (1 + b^2) right / (predicted + b^2 actual): with b = 1 the harmonic mean of precision and recall (F1), with
/// larger b closer to recall. The name is "f1", or "f2", "f0.5" and so on.
class FScore : public ClassRate {
 public:
  /// Throws UsageError unless beta > 0.
  explicit FScore(const ClassRateOptions& options, double beta = 1);

 protected:
  Quotient rate(double right, double predicted, double actual) const override;

 private:
  double beta_;
};

}  // namespace grus::metrics
