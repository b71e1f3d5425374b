#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/threads.h"
#include "core/base/version.h"
#include "report/chart.h"
#include "report/machine.h"
#include "report/markup.h"
#include "report/page.h"
#include "training/lr_range_test.h"

namespace grus::training {
namespace {

std::string rate_text(double rate) { return std::isfinite(rate) ? fmt::format("{:.2g}", rate) : "–"; }

const RangeTestPoint& nearest(const std::vector<RangeTestPoint>& points, double lr) {
  const auto distance = [&](const RangeTestPoint& p) { return std::abs(std::log(p.lr / lr)); };
  return *std::min_element(points.begin(), points.end(),
                           [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
}

const RangeTestPoint& least(const RangeTest& test) {
  return *std::min_element(test.points.begin(), test.points.end(),
                           [](const auto& a, const auto& b) { return a.smoothed < b.smoothed; });
}

// Returns the height above which nothing is drawn: a loss that diverges would flatten everything else.
double ceiling(const RangeTest& test) {
  double low = least(test).smoothed, high = low;
  for (const RangeTestPoint& p : test.points) {
    low = std::min(low, p.loss);
    if (p.lr <= least(test).lr) high = std::max(high, p.loss);
  }
  return high + 0.1 * (high - low);
}

report::LineChart chart_of(const RangeTest& test) {
  const double top = ceiling(test), hidden = std::numeric_limits<double>::quiet_NaN();
  report::Series smoothed{"smoothed", {}}, raw{"each step", {}, true};
  for (const RangeTestPoint& p : test.points) {
    smoothed.points.push_back({p.lr, p.smoothed <= top ? p.smoothed : hidden});
    raw.points.push_back({p.lr, std::min(p.loss, top)});
  }
  report::LineChart chart{.title = "Loss by learning rate",
                          .unit = "logarithmic rate",
                          .x_title = "learning rate",
                          .series = {smoothed, raw},
                          .logarithmic_x = true};
  const auto mark = [&](double lr, const char* name) {
    if (std::isfinite(lr) && lr >= test.points.front().lr)
      chart.marks.push_back({{lr, nearest(test.points, lr).smoothed}, fmt::format("{} {}", name, rate_text(lr))});
  };
  mark(test.steepest, "steepest");
  mark(test.tenth_of_least, "least / 10:");
  return chart;
}

report::Table table_of(const RangeTest& test) {
  report::Table table{.head = {{"Learning rate"}, {"Loss", "number"}, {"Smoothed", "number"}}};
  const size_t stride = std::max<size_t>(1, (test.points.size() + 24) / 25);
  for (size_t i = 0; i < test.points.size(); i += stride) {
    const RangeTestPoint& p = test.points[i];
    table.rows.push_back({{fmt::format("{:.3g}", p.lr)},
                          {fmt::format("{:.4g}", p.loss), "number"},
                          {fmt::format("{:.4g}", p.smoothed), "number"}});
  }
  return table;
}

}  // namespace

std::string RangeTest::picture() const { return report::standalone(report::line_chart(chart_of(*this))); }

std::string RangeTest::page() const {
  const std::vector<report::Tile> tiles = {
      {"Steepest fall", rate_text(steepest), "learning rate", "first"},
      {"A tenth of the least", rate_text(tenth_of_least), "learning rate"},
      {"Least loss", fmt::format("{:.4g}", least(*this).smoothed), fmt::format("at {:.2g}", least(*this).lr)},
      {"Steps", report::grouped(static_cast<int64_t>(points.size())),
       diverged ? fmt::format("diverged at {:.2g}", points.back().lr) : "without divergence"}};
  std::string body =
      report::page_header("Grus · learning-rate range test", "Which learning rate?",
                          "The rate rises from step to step until the loss diverges.", report::tiles(tiles));
  report::Figures figures;
  body += report::section(
      "Loss by rate",
      report::in_pairs(figures(
          report::line_chart(chart_of(*this)),
          "Below some rate nothing is learnt, above another the loss diverges (Smith, 2017). A rate between the "
          "steepest "
          "fall and a tenth of the least loss's is a good one to begin with; a schedule with warm-up may take more.")));
  body += report::section("Steps", report::table(table_of(*this)));
  body += report::section("Where it ran", report::facts_list({{"CPU", report::cpu_name()},
                                                              {"Device", report::device_text()},
                                                              {"Threads", fmt::format("{}", num_threads())},
                                                              {"Version", fmt::format("Grus {}", version)},
                                                              {"Date", report::today()}}));
  return report::html_page("Learning-rate range test", body);
}

}  // namespace grus::training
