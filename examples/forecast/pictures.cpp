// Pictures of forecasts, for pages and files.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/thread/recording.h"
#include "data/batch/batches.h"
#include "examples/forecast/commands.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "report/chart.h"
#include "report/markup.h"

namespace grus::tasks::forecast {
namespace {

using report::Point;

std::vector<Point> points_of(const Tensor& unscaled, size_t column, size_t columns) {
  const std::vector<float> values = unscaled.to_vector<float>();
  std::vector<Point> points;
  for (size_t h = 0; h * columns < values.size(); ++h)
    points.push_back({static_cast<double>(h), static_cast<double>(values[h * columns + column])});
  return points;
}

std::string rows_of(const Prepared& p) {
  return p.series.dates ? fmt::format("rows of {}", p.series.dates->step_text()) : "rows";
}

std::string errors_by_step(const metrics::ForecastComparison& r) {
  report::LineChart chart{.title = "Error by step ahead", .unit = "MAE", .x_title = "rows ahead"};
  for (size_t m = 0; m < r.methods().size(); ++m) {
    report::Series series{.name = r.methods()[m], .points = {}};
    const std::vector<double> mae = r.scaled(m).mae_by_step();
    for (size_t h = 0; h < mae.size(); ++h) series.points.push_back({static_cast<double>(h + 1), mae[h]});
    chart.series.push_back(series);
  }
  chart.y_low = 0;
  return report::line_chart(chart);
}

std::string error_table(const Forecaster& f, const metrics::ForecastComparison& r) {
  report::Table table{.head = {{"Forecast by"}, {"MSE", "number"}, {"MAE", "number"}}};
  for (const std::string& name : f.layout.columns) table.head.push_back({"RMSE " + report::escape(name), "number"});
  for (size_t m = 0; m < r.methods().size(); ++m) {
    report::Row row = {
        {r.methods()[m]}, report::number_cell(r.scaled(m).mse(), 4), report::number_cell(r.scaled(m).mae(), 4)};
    for (size_t c = 0; c < f.layout.columns.size(); ++c)
      row.push_back({fmt::format("{:.4g}", r.plain(m).rmse(static_cast<int64_t>(c))), "number"});
    table.rows.push_back(row);
  }
  return "<div class=\"scroll\">" + report::table(table) + "</div>\n";
}

}  // namespace

std::string forecast_chart(const Forecaster& f, const Prepared& p, int64_t now, size_t column) {
  const NoGrad off;
  const int64_t window = f.options.window, horizon = f.options.horizon, rows = p.series.rows();
  const Tensor y = f.forward(f.window_before(p, now));
  const auto points = [&](const Tensor& x) {
    return points_of(f.layout.scaler.unscaled(x), column, f.layout.columns.size());
  };
  report::LineChart chart{.title = f.layout.columns[column],
                          .unit = p.series.dates ? "from " + p.series.dates->text_at(now) + " on" : "",
                          .x_title = rows_of(p) + " from the first forecast"};
  report::Series measured{.name = "measured", .points = {}};
  for (int64_t row = now - std::min(window, 2 * horizon + 24); row < std::min(now + horizon, rows); ++row)
    measured.points.push_back({static_cast<double>(row - now), p.series.at(row, column)});
  chart.series = {measured, {.name = "forecast", .points = points(y)}};
  chart.bands = {{.series = 1, .low = points(y + f.offsets[0]), .high = points(y + f.offsets[1])}};
  return report::line_chart(chart);
}

std::string one_ahead_chart(const Forecaster& f, const Prepared& p, int64_t begin, int64_t end, size_t column) {
  const NoGrad off;
  constexpr int64_t most = 240;
  begin = std::max(begin, end - most);
  report::Series measured{.name = "measured", .points = {}}, said{.name = "forecast", .points = {}};
  report::Band band{.series = 1};
  auto batches = data::batches(f.windows(p, begin, end), {.size = 256, .shuffle = false});
  batches.start(0);
  int64_t row = begin;
  while (const auto b = batches.next()) {
    const Tensor y = slice(f.forward(*b), 1, 0, 1), low = slice(f.offsets[0], 0, 0, 1),
                 high = slice(f.offsets[1], 0, 0, 1);
    const auto points = [&](const Tensor& x) {
      return points_of(f.layout.scaler.unscaled(x), column, f.layout.columns.size());
    };
    const std::vector<Point> at = points(y), from = points(y + low), to = points(y + high);
    for (size_t i = 0; i < at.size(); ++i, ++row) {
      const auto x = static_cast<double>(row - begin + 1);
      measured.points.push_back({x, p.series.at(row, column)});
      said.points.push_back({x, at[i].y});
      band.low.push_back({x, from[i].y});
      band.high.push_back({x, to[i].y});
    }
  }
  return report::line_chart({.title = f.layout.columns[column],
                             .unit = p.series.dates ? "from " + p.series.dates->text_at(begin) + " on" : "",
                             .x_title = rows_of(p),
                             .series = {measured, said},
                             .bands = {band}});
}

std::string pictures(const Forecaster& f, const Prepared& p, const metrics::ForecastComparison& result, int64_t begin,
                     int64_t end, report::Figures& figures) {
  const int64_t last = end - f.options.horizon, first = std::max(begin, f.options.window);
  std::string charts;
  const size_t columns = std::min<size_t>(f.layout.columns.size(), 4);
  if (f.options.horizon < 12)
    for (size_t c = 0; c < columns; ++c)
      charts += figures(one_ahead_chart(f, p, first, end, c),
                        fmt::format("{}: the next row, each time from the rows before it, with its {:.0f} % interval.",
                                    report::escape(f.layout.columns[c]), 100 * f.options.level));
  for (size_t c = 0; f.options.horizon > 1 && c < columns; ++c)
    for (const int64_t now : {first + (last - first) / 3, last})
      charts += figures(forecast_chart(f, p, now, c),
                        fmt::format("{}: measured, and forecast with its {:.0f} % interval from the rows before 0.",
                                    report::escape(f.layout.columns[c]), 100 * f.options.level));
  std::string errors;
  if (f.options.horizon > 1)
    errors = report::in_pairs(figures(errors_by_step(result), "How the error grows with the step ahead."));
  errors += error_table(f, result);
  return report::section("Forecasts", report::in_pairs(charts)) +
         report::section("Beside the baselines",
                         fmt::format("<p class=\"note\">{}</p>\n", report::escape(f.verdict(result))) + errors);
}

}  // namespace grus::tasks::forecast
