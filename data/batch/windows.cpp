// series.h declares model_series and windows.
#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "data/batch/collate.h"
#include "data/batch/series.h"

namespace grus::data {
namespace {

using Member = Tensor SeriesWindow::*;

/// Stacks one member of all windows; undefined where windows have none.
Tensor stacked(const std::vector<SeriesWindow>& windows, Member member) {
  std::vector<Tensor> all;
  for (const SeriesWindow& window : windows)
    if ((window.*member).defined()) all.push_back(window.*member);
  return all.empty() ? Tensor() : collate(all);
}

Tensor cut(const Tensor& x, int64_t begin, int64_t end) { return x.defined() ? x.rows(begin, end) : Tensor(); }

}  // namespace

ModelSeries model_series(const Series& series, const SeriesScaler& scaler, int64_t ahead) {
  const size_t width = series.columns.size();
  const int64_t rows = series.rows();
  std::vector<float> values(series.values.size()), known(series.values.size(), 1);
  for (size_t i = 0; i < values.size(); ++i) {
    const double x = series.values[i];
    known[i] = std::isnan(x) ? 0.0F : 1.0F;
    values[i] = !std::isnan(x) ? static_cast<float>(scaler.scaled(x, i % width)) : i >= width ? values[i - width] : 0;
  }
  const Device host("cpu");
  const Shape shape{rows, static_cast<int64_t>(width)};
  ModelSeries out{.values = Tensor::from(values, shape, host), .known = {}, .calendar = {}};
  if (series.missing() > 0) out.known = Tensor::from(known, shape, host);
  if (series.dates) {
    const auto inputs = static_cast<int64_t>(series.dates->inputs().size()) * 2;
    if (inputs > 0) out.calendar = Tensor::from(series.dates->calendar(0, rows + ahead), {rows + ahead, inputs}, host);
  }
  return out;
}

SeriesWindow collate(const std::vector<SeriesWindow>& all) {
  return {.past = stacked(all, &SeriesWindow::past),
          .future = stacked(all, &SeriesWindow::future),
          .past_known = stacked(all, &SeriesWindow::past_known),
          .future_known = stacked(all, &SeriesWindow::future_known),
          .calendar = stacked(all, &SeriesWindow::calendar)};
}

Dataset<SeriesWindow> windows(const ModelSeries& series, int64_t begin, int64_t end, const WindowOptions& options) {
  const int64_t past = options.past, ahead = options.ahead, every = options.every;
  require<UsageError>(past >= 0 && ahead > 0 && every > 0,
                      "[windows] need a past of at least 0 rows, a future and a step of at least 1, got {}, {} and {}",
                      past, ahead, every);
  require<UsageError>(begin >= 0 && begin <= end && end <= series.values.dim(0),
                      "[windows] need rows among {}, got [{}, {})", series.values.dim(0), begin, end);
  const int64_t first = std::max(begin, past), count = (end - ahead - first) / every + 1;
  require<DataError>(
      end - ahead >= first,
      "[windows] need {} rows of the past and {} ahead, got rows [{}, {}) of the future behind {} of the past", past,
      ahead, begin, end, begin);
  return generate(count, [series, first, past, ahead, every](int64_t i) {
    const int64_t now = first + i * every;
    return SeriesWindow{.past = series.values.rows(now - past, now),
                        .future = series.values.rows(now, now + ahead),
                        .past_known = cut(series.known, now - past, now),
                        .future_known = cut(series.known, now, now + ahead),
                        .calendar = cut(series.calendar, now - past, now + ahead)};
  });
}

}  // namespace grus::data
