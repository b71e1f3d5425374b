#include "metrics/f_score.h"

#include <fmt/format.h>

#include <array>
#include <numeric>

#include "core/tensor/raw.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/shape.h"

namespace grus::metrics {

ClassRate::ClassRate(const std::string& name, const ClassRateOptions& options)
    : ClassMetric(name, true,
                  {.classes = options.classes,
                   .ignore_index = options.ignore_index,
                   .threshold = options.threshold,
                   .name = options.name}),
      options_(options),
      counts_(3 * options.classes) {
  require<UsageError>(options.zero_division == 0 || options.zero_division == 1,
                      "[{}] need a zero_division of 0 or 1, got {}", this->name(), options.zero_division);
  require<UsageError>(options.positive >= 0 && options.positive < options.classes,
                      "[{}] need a positive class in [0, {}), got {}", this->name(), options.classes, options.positive);
}

void ClassRate::add(const Tensor& predicted, const Tensor& targets, const Tensor& weights) {
  const int64_t n = classes();
  const Tensor right = where(equal(predicted, targets), weights, 0.0);
  const Tensor places = concat({targets, predicted + static_cast<double>(n), targets + static_cast<double>(2 * n)});
  Raw::know_range(places, {0, static_cast<double>(3 * n - 1)});
  counts_.add(scatter_rows(concat({right, weights, weights}), places, 3 * n));
}

void ClassRate::exchange(MetricState& state) {
  ClassMetric::exchange(state);
  state(counts_);
}

void ClassRate::forget() { counts_.reset(); }

const std::vector<double>& ClassRate::counts() const {
  require_numbers();
  const std::vector<double>& counts = counts_.read();
  const auto actual = counts.begin() + 2 * classes();
  (void)mean_of(0, std::accumulate(actual, counts.end(), 0.0));  // throws where there is no example
  return counts;
}

std::vector<double> ClassRate::by_class() const {
  const std::vector<double>& counts = this->counts();
  const auto n = static_cast<size_t>(classes());
  std::vector<double> rates(n);
  for (size_t c = 0; c < n; ++c) rates[c] = divided(rate(counts[c], counts[n + c], counts[2 * n + c]));
  return rates;
}

double ClassRate::value() const {
  const std::vector<double> rates = by_class();
  const auto n = static_cast<size_t>(classes());
  if (options_.average == Average::binary) return rates[static_cast<size_t>(options_.positive)];
  const std::vector<double>& counts = this->counts();
  std::array<double, 3> all{};
  double sum = 0, weight = 0;
  for (size_t c = 0; c < n; ++c) {
    for (size_t kind = 0; kind < 3; ++kind) all[kind] += counts[kind * n + c];
    const double actual = counts[2 * n + c];
    const bool appears = actual != 0 || counts[n + c] != 0;
    const double share = options_.average == Average::weighted ? actual : appears ? 1.0 : 0.0;
    sum += share * rates[c];
    weight += share;
  }
  return options_.average == Average::micro ? divided(rate(all[0], all[1], all[2])) : sum / weight;
}

ClassRate::Quotient PrecisionScore::rate(double right, double predicted, double) const { return {right, predicted}; }

ClassRate::Quotient RecallScore::rate(double right, double, double actual) const { return {right, actual}; }

FScore::FScore(const ClassRateOptions& options, double beta)
    : ClassRate(fmt::format("f{:g}", beta), options), beta_(beta) {
  require<UsageError>(beta > 0, "[{}] need a beta above 0, got {}", name(), beta);
}

ClassRate::Quotient FScore::rate(double right, double predicted, double actual) const {
  const double square = beta_ * beta_;
  return {(1 + square) * right, predicted + square * actual};
}

}  // namespace grus::metrics
