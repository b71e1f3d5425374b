#pragma once
// How unusual a row of errors is beside those of normal rows.
#include <cstddef>
#include <vector>

#include "core/tensor/tensor.h"

namespace grus::metrics {

/// score(e) = (e - mean)^T C^-1 (e - mean), the squared distance of Mahalanobis (1936), mean and covariance C (over n)
/// those of normal rows. Where a model rebuilds a series, this is the anomaly score of Malhotra et al. 2016.
class ErrorDistance {
 public:
  ErrorDistance() = default;
  /// Takes mean and covariance of rows of errors (N, C); the diagonal is raised by 1e-9 of its mean, so that columns
  /// which always err alike leave a matrix that can be solved. NaN, which stands for a missing number, counts as the
  /// column's mean. Throws ShapeError unless there are C + 1 rows; UsageError where a column is missing everywhere.
  ErrorDistance(const std::vector<double>& errors, size_t columns);
  /// Returns the score of each row (N, C); a missing number deviates by nothing, and a row without any number has NaN.
  /// Throws UsageError before there are normal rows.
  std::vector<double> scores(const std::vector<double>& errors) const;

  /// Returns mean and factor of the covariance, f64 (C + 1, C), and takes them back. Throws ShapeError.
  Tensor tensor() const;
  static ErrorDistance of(const Tensor& tensor);
  size_t columns() const { return mean_.size(); }

 private:
  std::vector<double> mean_, lower_;
};

}  // namespace grus::metrics
