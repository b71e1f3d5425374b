#include "metrics/forecast_comparison.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"

namespace grus::metrics {
namespace {

/// Returns the first place of the least error among methods [from, end).
size_t least(const std::vector<ForecastErrors>& errors, size_t from, int64_t column) {
  size_t best = from;
  for (size_t m = from; m < errors.size(); ++m)
    if (errors[m].mse(column) < errors[best].mse(column)) best = m;
  return best;
}

}  // namespace

ForecastComparison::ForecastComparison(std::vector<std::string> methods, std::vector<std::string> columns)
    : methods_(std::move(methods)), columns_(std::move(columns)), scaled_(methods_.size()), plain_(methods_.size()) {
  require<UsageError>(methods_.size() > 1 && !columns_.empty(),
                      "[ForecastComparison] need a model, a baseline and a column, got {} methods and {} columns",
                      methods_.size(), columns_.size());
}

void ForecastComparison::add(size_t method, const Tensor& forecast, const Tensor& truth, const Tensor& plain_forecast,
                             const Tensor& plain_truth, const Tensor& known) {
  require<UsageError>(method < methods_.size(), "[ForecastComparison] need one of {} methods, got {}", methods_.size(),
                      method);
  scaled_[method].add(forecast, truth, known);
  plain_[method].add(plain_forecast, plain_truth, known);
  if (method == 0) windows_ += forecast.dim(0), steps_ = forecast.dim(1);
}

void ForecastComparison::add_interval(const Tensor& low, const Tensor& high, const Tensor& truth, const Tensor& known) {
  require(low.shape() == truth.shape() && high.shape() == truth.shape() &&
              (!known.defined() || known.shape() == truth.shape()),
          "[ForecastComparison] need intervals and truths of one shape, got {}, {} and {}", low.shape(), high.shape(),
          truth.shape());
  const std::vector<float> from = low.to_vector<float>(), to = high.to_vector<float>(), t = truth.to_vector<float>();
  const std::vector<float> counts = known.defined() ? known.to_vector<float>() : std::vector<float>(t.size(), 1);
  for (size_t i = 0; i < t.size(); ++i) {
    if (counts[i] == 0) continue;
    ++truths_;
    inside_ += t[i] >= from[i] && t[i] <= to[i];
  }
}

bool ForecastComparison::model_wins() const { return scaled_[0].mse() < scaled_[least(scaled_, 1, -1)].mse(); }

std::string ForecastComparison::table(size_t most_columns) const {
  const size_t columns = std::min(columns_.size(), most_columns);
  std::string out = fmt::format("{:16} {:>8} {:>8}", "", "MSE", "MAE");
  for (size_t c = 0; c < columns; ++c) out += fmt::format(" {:>10.10}", printable(columns_[c]));
  for (size_t m = 0; m < methods_.size(); ++m) {
    out += fmt::format("\n{:16} {:8.4f} {:8.4f}", methods_[m], scaled_[m].mse(), scaled_[m].mae());
    for (size_t c = 0; c < columns; ++c) out += fmt::format(" {:10.4g}", plain_[m].rmse(static_cast<int64_t>(c)));
  }
  return out + fmt::format("\n(MSE and MAE in deviations of the training part; columns: RMSE in their own units{})\n",
                           columns < columns_.size() ? fmt::format(", the first {}", columns) : "");
}

std::string ForecastComparison::verdict() const {
  const size_t best = least(scaled_, 1, -1);
  std::string text =
      fmt::format("On {} forecasts of {} row{} the model {} {}: MSE {:.4f} against {:.4f}.", windows_, steps_,
                  steps_ == 1 ? "" : "s", model_wins() ? "beats all baselines, the best of which is" : "LOSES to",
                  methods_[best], scaled_[0].mse(), scaled_[best].mse());
  std::string lost;
  for (size_t c = 0; columns_.size() > 1 && c < columns_.size(); ++c)
    if (const size_t other = least(plain_, 0, static_cast<int64_t>(c)); other != 0)
      lost += fmt::format("{}{} ({})", lost.empty() ? "" : ", ", printable(columns_[c]), methods_[other]);
  return lost.empty() ? text : text + fmt::format(" A baseline is better on {}.", lost);
}

}  // namespace grus::metrics
