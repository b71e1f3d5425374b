#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "examples/encode/pictures.h"
#include "metrics/roc_auc.h"
#include "ops/math/index.h"
#include "report/chart.h"
#include "report/markup.h"
#include "report/vector_map.h"

namespace grus::tasks::encode {
namespace {

double x_of(int64_t row) { return static_cast<double>(row + 1); }

// Bands over the rows of known faults, from one height to another, in the colour of a series.
std::vector<report::Band> fault_bands(const Found& found, double low, double high, size_t series) {
  std::vector<report::Band> bands;
  for (const auto& [first, behind] : found.spans)
    bands.push_back({.series = series,
                     .low = {{x_of(first) - 0.5, low}, {x_of(behind) - 0.5, low}},
                     .high = {{x_of(first) - 0.5, high}, {x_of(behind) - 0.5, high}}});
  return bands;
}

std::string readings_chart(const Detector& d, const Readings& r, const Scored& scored, const Found& found,
                           int64_t begin, int64_t end, size_t column) {
  const size_t width = d.layout.columns.size();
  report::Series measured{.name = "measured", .points = {}}, back{.name = "given back", .points = {}};
  double low = INFINITY, high = -INFINITY;
  for (int64_t row = begin; row < end; ++row) {
    const double x = r.series.at(row, column), y = scored.rebuilt[static_cast<size_t>(row) * width + column];
    measured.points.push_back({x_of(row), x});
    back.points.push_back({x_of(row), y});
    low = std::fmin(low, std::fmin(x, y)), high = std::fmax(high, std::fmax(x, y));
  }
  return report::line_chart({.title = d.layout.columns[column],
                             .unit = r.series.dates ? "from " + r.series.dates->text_at(begin) + " on" : "",
                             .x_title = "row",
                             .series = {measured, back},
                             .bands = fault_bands(found, low, high, 1)});
}

std::string score_chart(const Detector& d, const Scored& scored, const Found& found, int64_t begin, int64_t end) {
  report::Series score{.name = "score", .points = {}};
  double low = INFINITY, high = -INFINITY;
  for (int64_t row = begin; row < end; ++row) {
    const double s = std::max(scored.scores[static_cast<size_t>(row)], 1e-3);
    score.points.push_back({x_of(row), s});
    low = std::fmin(low, s), high = std::fmax(high, s);
  }
  const report::Series alarm{.name = "alarm", .points = {{x_of(begin), d.alarm}, {x_of(end - 1), d.alarm}}};
  return report::line_chart({.title = "Anomaly score",
                             .unit = "squared distance",
                             .x_title = "row",
                             .series = {score, alarm},
                             .bands = fault_bands(found, low, high, 1),
                             .logarithmic = true});
}

// Right alarms against false ones, for each alarm that one could choose.
std::string roc_chart(const Found& found) {
  report::Series curve{.name = fmt::format("scores, area {:.3f}", found.auc), .points = {}},
      chance{.name = "chance", .points = {{0, 0}, {100, 100}}};
  for (const metrics::RocPoint& point : metrics::roc_curve(found.scores, found.labels))
    curve.points.push_back({100 * point.false_positive_rate, 100 * point.true_positive_rate});
  return report::line_chart({.title = "Faults found",
                             .unit = "% of rows with a fault",
                             .x_title = "% of normal rows with an alarm",
                             .series = {curve, chance},
                             .y_low = 0});
}

std::string map(const Detector& d, const Readings& r, int64_t begin, int64_t end, report::Figures& figures) {
  constexpr int64_t most = 300;
  const int64_t span = end - d.options.window - begin + 1, count = std::min(most, span);
  std::vector<int64_t> rows;
  std::vector<report::MapPoint> entries;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = begin + i * span / count;
    bool fault = false;
    for (int64_t t = row; t < row + d.options.window && !r.labels.empty(); ++t)
      fault |= r.labels[static_cast<size_t>(t)] == 1;
    rows.push_back(row);
    entries.push_back({.label = r.series.dates ? r.series.dates->text_at(row) : fmt::format("row {}", row + 1),
                       .weight = fault ? 3.0 : 1.0,
                       .group = fault});
  }
  report::LabelMap drawn =
      report::vector_map(report::unit_points(index_select(d.states(r), 0, Tensor::from(rows))), std::move(entries), {});
  drawn.description = fmt::format("Map of {} windows", rows.size());
  if (!r.labels.empty()) drawn.groups = {"normal", "with a known fault"};
  return fmt::format("<figure>{}{}</figure>\n<p class=\"note\">{}</p>\n", report::interactive_map(drawn),
                     figures.caption(fmt::format("Windows of {} rows, each at its state and named by its first row.",
                                                 d.options.window)),
                     report::how_to_read(report::Projection::tsne));
}

}  // namespace

std::string pictures(const Detector& d, const Readings& r, const Scored& scored, int64_t begin, int64_t end,
                     report::Figures& figures) {
  const Found found = found_in(d, r, scored, begin, end);
  std::string tiles;
  if (!std::isnan(found.auc)) {
    const auto share = [](int64_t part, int64_t all) {
      return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(all));
    };
    tiles = report::tiles(
        {{"Area under the curve", fmt::format("{:.3f}", found.auc), "chance has 0.5", "first"},
         {"Faults", share(found.right, found.faults), fmt::format("of {} rows give an alarm", found.faults)},
         {"False alarms", share(found.alarms - found.right, found.normal),
          fmt::format("of {} normal rows", found.normal)}});
  }
  const std::string shade = found.spans.empty() ? "" : " Shaded: known faults.";
  // As many rows as a picture has room for, from shortly before the first fault on.
  constexpr int64_t most = 400, before = 40;
  const int64_t first = found.spans.empty() ? begin : std::max(begin, found.spans.front().first - before);
  const int64_t from = std::max(begin, std::min(first, end - most)), to = std::min(end, from + most);
  const Found shown = found_in(d, r, scored, from, to);
  std::string charts;
  for (size_t c = 0; c < std::min<size_t>(d.layout.columns.size(), 4); ++c)
    charts += figures(
        readings_chart(d, r, scored, shown, from, to, c),
        fmt::format("{}: what was measured, and what came back of it.{}", report::escape(d.layout.columns[c]), shade));
  charts += figures(score_chart(d, scored, shown, from, to),
                    fmt::format("How unusual each row is; above the line there is an alarm.{}", shade));
  if (!std::isnan(found.auc))
    charts += figures(roc_chart(found), "What each level of the alarm would find, and at what price.");
  return report::section("Anomalies", tiles + report::in_pairs(charts)) +
         report::section("A map of windows", map(d, r, begin, end, figures));
}

}  // namespace grus::tasks::encode
