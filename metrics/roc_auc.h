#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "metrics/metric.h"
#include "metrics/running_sum.h"

namespace grus::metrics {

struct RocAucOptions {
  int64_t bins = 0;             // 0: exact, every score is kept; else scores in [0, 1] are counted in so many bins
  int64_t ignore_index = -100;  // rows with this target count for nothing
  std::string name = "roc_auc";
};

/// value = the area under the receiver operating characteristic: the probability that an example of class 1 has a
/// larger score than one of class 0, equal scores counting half. With bins, scores of one bin are equal, and memory is
/// bounded.
class RocAuc : public Metric {
 public:
  explicit RocAuc(RocAucOptions options = {});
  /// Adds rows with their weights: f32 or f64 of the targets' shape, or a bool mask.   scores (...), or (..., 2), of
  /// which those of class 1 count; targets (...) i32, i64 or bool. Throws ShapeError, DtypeError, DeviceError;
  /// UsageError for a label that is neither 0 nor 1.
  void update(const Tensor& scores, const Tensor& targets, const Tensor& weights = Tensor());
  void update(const std::vector<double>& scores, const std::vector<int64_t>& targets);
  /// Throws UsageError also where one class is missing, and for a score outside [0, 1] that bins do not take.
  double value() const override;
  void reset() override;

 protected:
  void exchange(MetricState& state) override;

 private:
  struct Scored {
    double score, positive, negative;  // weights
  };
  void gather() const;  // brings what waits to the host
  double area(const std::vector<Scored>& ascending) const;

  RocAucOptions options_;
  RunningSum bins_;  // of class 0, then of class 1
  FirstRow nan_, outside_;
  mutable std::vector<Tensor> waiting_;  // (3, N) each: scores, weights in class 1, weights in class 0
  mutable std::vector<Scored> kept_;
};

/// A point of the curve: what an alarm above `threshold` finds of class 1, and what it takes of class 0, as shares.
struct RocPoint {
  double false_positive_rate = 0, true_positive_rate = 0, threshold = 0;
};
/// Returns the curve from (0, 0), whose threshold is infinite, to (1, 1), a point for each score that occurs; its area
/// is RocAuc's value. Throws UsageError unless there are as many labels, 0 or 1, as scores, and both among them.
std::vector<RocPoint> roc_curve(const std::vector<double>& scores, const std::vector<int64_t>& labels);

}  // namespace grus::metrics
