#include "metrics/error_distance.h"

#include <cmath>

#include "core/base/error.h"
#include "metrics/cholesky.h"

namespace grus::metrics {

ErrorDistance::ErrorDistance(const std::vector<double>& errors, size_t columns)
    : mean_(columns), lower_(columns * columns) {
  const size_t rows = columns > 0 ? errors.size() / columns : 0;
  require(columns > 0 && rows * columns == errors.size() && rows > columns,
          "[ErrorDistance] need at least {} rows of {} errors, got {} numbers", columns + 1, columns, errors.size());
  for (size_t c = 0; c < columns; ++c) {
    double sum = 0, count = 0;
    for (size_t r = 0; r < rows; ++r)
      if (const double e = errors[r * columns + c]; !std::isnan(e)) sum += e, count += 1;
    require<UsageError>(count > 0, "[ErrorDistance] need a number in column {}, got none", c);
    mean_[c] = sum / count;
  }
  for (size_t r = 0; r < rows; ++r)
    for (size_t i = 0; i < columns; ++i)
      for (size_t j = 0; j <= i; ++j) {
        const double product = (errors[r * columns + i] - mean_[i]) * (errors[r * columns + j] - mean_[j]);
        if (!std::isnan(product)) lower_[i * columns + j] += product / static_cast<double>(rows);
      }
  double trace = 0;
  for (size_t c = 0; c < columns; ++c) trace += lower_[c * columns + c];
  const double added = std::max(1e-9 * trace / static_cast<double>(columns), 1e-300);
  for (size_t c = 0; c < columns; ++c) lower_[c * columns + c] += added;
  cholesky(lower_, columns);
}

std::vector<double> ErrorDistance::scores(const std::vector<double>& errors) const {
  const size_t width = columns();
  require<UsageError>(width > 0, "[ErrorDistance] need normal rows before scores");
  require(errors.size() % width == 0, "[ErrorDistance] need rows of {} errors, got {} numbers", width, errors.size());
  std::vector<double> all(errors.size() / width), row(width);
  for (size_t r = 0; r < all.size(); ++r) {
    size_t known = 0;
    for (size_t c = 0; c < width; ++c) {
      const double e = errors[r * width + c];
      known += !std::isnan(e);
      row[c] = std::isnan(e) ? 0 : e - mean_[c];
    }
    solve_lower(lower_, row, width);
    for (const double x : row) all[r] += x * x;
    if (known == 0) all[r] = std::nan("");
  }
  return all;
}

Tensor ErrorDistance::tensor() const {
  std::vector<double> values = mean_;
  values.insert(values.end(), lower_.begin(), lower_.end());
  const auto width = static_cast<int64_t>(columns());
  return Tensor::from(values, {width + 1, width}, Device("cpu"));
}

ErrorDistance ErrorDistance::of(const Tensor& tensor) {
  require(tensor.rank() == 2 && tensor.dim(0) == tensor.dim(1) + 1 && tensor.dim(1) > 0,
          "[ErrorDistance] need a tensor (C + 1, C), got {}", tensor.shape());
  const std::vector<double> values = tensor.to_vector<double>();
  const auto middle = values.begin() + tensor.dim(1);
  ErrorDistance made;
  made.mean_.assign(values.begin(), middle);
  made.lower_.assign(middle, values.end());
  return made;
}

}  // namespace grus::metrics
