// The confusion matrix; classification.h declares it.
#include <fmt/format.h>

#include <numeric>

#include "core/base/text_table.h"
#include "core/tensor/raw.h"
#include "metrics/classification.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"

namespace grus::metrics {

ConfusionMatrix::ConfusionMatrix(ClassOptions options)
    : ClassMetric("confusion", true, std::move(options)), cells_(classes() * classes()) {}

void ConfusionMatrix::add(const Tensor& predicted, const Tensor& targets, const Tensor& weights) {
  const int64_t cells = classes() * classes();
  const Tensor places = targets * static_cast<double>(classes()) + predicted;
  Raw::know_range(places, {0, static_cast<double>(cells - 1)});
  cells_.add(scatter_rows(weights, places, cells));
}

void ConfusionMatrix::exchange(MetricState& state) {
  ClassMetric::exchange(state);
  state(cells_);
}

void ConfusionMatrix::forget() { cells_.reset(); }

std::vector<std::vector<double>> ConfusionMatrix::matrix(Normalize normalize) const {
  (void)value();  // throws where there is no matrix
  const std::vector<double>& cells = cells_.read();
  const auto size = static_cast<size_t>(classes());
  std::vector<std::vector<double>> rows(size, std::vector<double>(size));
  std::vector<double> of_target(size), of_prediction(size);
  for (size_t t = 0; t < size; ++t)
    for (size_t p = 0; p < size; ++p) {
      rows[t][p] = cells[t * size + p];
      of_target[t] += rows[t][p];
      of_prediction[p] += rows[t][p];
    }
  if (normalize == Normalize::none) return rows;
  const double all = std::accumulate(cells.begin(), cells.end(), 0.0);
  for (size_t t = 0; t < size; ++t)
    for (size_t p = 0; p < size; ++p) {
      const double whole = normalize == Normalize::targets       ? of_target[t]
                           : normalize == Normalize::predictions ? of_prediction[p]
                                                                 : all;
      rows[t][p] = whole == 0 ? 0 : rows[t][p] / whole;
    }
  return rows;
}

std::string ConfusionMatrix::table(const std::vector<std::string>& names) const {
  require<UsageError>(names.empty() || static_cast<int64_t>(names.size()) == classes(),
                      "[{}] need a name for each of {} classes, got {}", name(), classes(), names.size());
  const auto label = [&](size_t i) { return names.empty() ? fmt::format("{}", i) : names[i]; };
  const std::vector<std::vector<double>> rows = matrix();
  std::vector<std::string> heads{"target \\ predicted"};
  for (size_t p = 0; p < rows.size(); ++p) heads.push_back(">" + label(p));
  TextTable table(heads);
  for (size_t t = 0; t < rows.size(); ++t) {
    std::vector<std::string> cells{label(t)};
    for (const double count : rows[t]) cells.push_back(fmt::format("{:.6g}", count));
    table.add(std::move(cells));
  }
  return table.to_string();
}

double ConfusionMatrix::value() const {
  require_numbers();
  const std::vector<double>& cells = cells_.read();
  double right = 0;
  for (size_t i = 0; i < cells.size(); i += static_cast<size_t>(classes()) + 1) right += cells[i];
  return mean_of(right, std::accumulate(cells.begin(), cells.end(), 0.0));
}

}  // namespace grus::metrics
