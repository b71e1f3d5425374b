// The rows behind a table, as numbers and as the lines of `run`.
#include <fmt/format.h>

#include "core/base/error.h"
#include "core/thread/recording.h"
#include "data/read/dates.h"
#include "ops/math/elementwise.h"
#include "tasks/forecast/forecaster.h"

namespace grus::tasks::forecast {
namespace {

data::DateAxis axis_of(const std::vector<std::string>& dates) {
  std::vector<int64_t> lines(dates.size());
  for (size_t i = 0; i < lines.size(); ++i) lines[i] = static_cast<int64_t>(i) + 1;
  data::Column column;
  column.name = "dates";
  column.type = data::ColumnType::text;
  column.texts = dates;
  column.missing.assign(dates.size(), false);
  column.first_text = 0;
  return data::read_dates(data::Table("dates", std::move(lines), {std::move(column)}, false), "dates");
}

}  // namespace

NextRows next_rows(const Forecaster& f, const Prepared& p) {
  const NoGrad off;
  const Tensor y = f.forward(f.window_before(p, p.series.rows()));
  const auto numbers = [&](const Tensor& x) { return f.layout.scaler.unscaled(x).to_vector<float>(); };
  return {numbers(y), numbers(y + f.offsets[0]), numbers(y + f.offsets[1])};
}

NextRows next_rows(const Forecaster& f, std::span<const double> values, const std::vector<std::string>& dates) {
  const size_t columns = f.layout.columns.size(), rows = values.size() / columns;
  require<UsageError>(rows >= static_cast<size_t>(f.options.window) && values.size() == rows * columns,
                      "[forecast] need at least {} rows of {} columns, got {} numbers", f.options.window, columns,
                      values.size());
  require<UsageError>(dates.empty() ? f.layout.inputs == 0 : dates.size() == rows,
                      "[forecast] need a date for each of the {} rows, as the model is told the calendar, got {}", rows,
                      dates.size());
  Prepared p;
  p.series.file = "numbers";
  p.series.columns = f.layout.columns;
  p.series.values.assign(values.begin(), values.end());
  if (!dates.empty()) p.series.dates = axis_of(dates);
  p.scaled = f.layout.apply(p.series, f.options.horizon);
  return next_rows(f, p);
}

std::string said(const Forecaster& f, const Prepared& p) {
  const NextRows next = next_rows(f, p);
  const int64_t rows = p.series.rows(), columns = f.net.options.columns;
  std::string lines = p.series.dates ? "date" : "row";
  for (const std::string& name : f.layout.columns) lines += fmt::format(",{0},{0}_low,{0}_high", name);
  lines += "\n";
  for (int64_t h = 0; h < f.options.horizon; ++h) {
    lines += p.series.dates ? p.series.dates->text_at(rows + h) : fmt::format("{}", rows + h + 1);
    for (int64_t c = 0; c < columns; ++c) {
      const auto at = static_cast<size_t>(h * columns + c);
      lines += fmt::format(",{:.6g},{:.6g},{:.6g}", next.forecast[at], next.low[at], next.high[at]);
    }
    lines += "\n";
  }
  return lines;
}

}  // namespace grus::tasks::forecast
