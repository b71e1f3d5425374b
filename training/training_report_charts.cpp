#include "training/training_report_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/chart.h"
#include "report/markup.h"
#include "report/smooth.h"

namespace grus::training {
namespace {

using report::LineChart;
using report::Series;

// Names of figures that are written in capitals.
constexpr std::array<std::string_view, 7> abbreviations = {"auc", "bleu", "f1", "mae", "mse", "rmse", "ter"};

/// A panel is one chart: the figures "train_NAME", "valid_NAME" and NAME.
struct Panel {
  std::string name;
  std::vector<std::string> figures;
};

std::string part_of(const std::string& figure) {
  for (const char* part : {"train_", "valid_", "test_"})
    if (figure.starts_with(part)) return part;
  return "";
}

std::vector<Panel> panels_of(const History& history) {
  std::vector<Panel> panels;
  for (const std::string& figure : figure_names(history)) {
    const std::string name = figure.substr(part_of(figure).size());
    const auto known = std::find_if(panels.begin(), panels.end(), [&](const Panel& p) { return p.name == name; });
    if (known == panels.end()) panels.push_back({name, {figure}});
    else known->figures.push_back(figure);
  }
  return panels;
}

std::string series_name(const std::string& figure) {
  const std::string part = part_of(figure);
  return part == "train_" ? "training" : part == "valid_" ? "validation" : part == "test_" ? "test" : "each record";
}

Series records_series(const History& history, const std::string& figure) {
  Series series{series_name(figure), {}};
  for (const Record& record : history)
    if (const Figure* found = record.find(figure))
      series.points.push_back({static_cast<double>(record.step), found->value});
  return series;
}

Series steps_series(const std::vector<StepPoint>& steps, double StepPoint::*value, std::string name) {
  Series series{std::move(name), {}};
  for (const StepPoint& p : steps) series.points.push_back({static_cast<double>(p.step), p.*value});
  return series;
}

// Smooths over about a fortieth of the points.
Series smoothed_series(const Series& raw, std::string name) {
  Series series{std::move(name), raw.points};
  std::vector<double> values;
  for (const report::Point& p : raw.points) values.push_back(p.y);
  const double radius = std::max(2.0, static_cast<double>(values.size()) / 40);
  const std::vector<double> smooth = report::smoothed(values, std::exp(-1 / radius));
  for (size_t i = 0; i < smooth.size(); ++i) series.points[i].y = smooth[i];
  return series;
}

// Returns a series of the steps, smoothed, and behind it the steps themselves.
std::vector<Series> smoothed_steps(const TrainingReport& report, double StepPoint::*value, std::string name) {
  Series raw = steps_series(report.steps, value, "steps");
  raw.faint = true;
  Series smooth = smoothed_series(raw, std::move(name));
  return {std::move(smooth), std::move(raw)};
}

// Values that fall so far show the end of their curve on a logarithmic axis alone.
bool spans_decades(const LineChart& chart) {
  double low = INFINITY, high = 0;
  for (const Series& series : chart.series)
    for (const report::Point& p : series.points)
      if (std::isfinite(p.y)) low = std::min(low, p.y), high = std::max(high, p.y);
  return low > 0 && high / low > 12;
}

std::string draw(LineChart chart) {
  chart.logarithmic = spans_decades(chart);
  if (chart.logarithmic) chart.unit += chart.unit.empty() ? "logarithmic" : ", logarithmic";
  return report::line_chart(chart);
}

void mark_best(LineChart& chart, const History& history, const std::vector<std::string>& figures) {
  const Record* best = best_record(history);
  if (best == nullptr) return;
  report::Mark mark{{static_cast<double>(best->step), std::nan("")}, ""};
  for (const std::string& name : figures)
    if (const Figure* figure = best->find(name); figure && part_of(name) == "valid_")
      mark = {{mark.point.x, figure->value}, fmt::format("{:.4g}, epoch {}", figure->value, best->epoch)};
  chart.marks = {mark};
}

std::string panel_figure(const TrainingReport& report, const Panel& panel, report::Figures& figures) {
  LineChart chart{.title = spoken(panel.name), .unit = "", .x_title = "step"};
  const bool is_loss = panel.name == "loss" && !report.steps.empty();
  if (is_loss) {
    chart.series = smoothed_steps(report, &StepPoint::loss, "training");
  }
  for (const std::string& name : panel.figures)
    if (!is_loss || part_of(name) != "train_") chart.series.push_back(records_series(report.history, name));
  mark_best(chart, report.history, panel.figures);
  const bool marked = !chart.marks.empty() && !chart.marks[0].label.empty();
  return figures(
      draw(chart),
      fmt::format("{}{}",
                  is_loss ? "The training loss by step (of a long run means of neighbours), and smoothed. " : "",
                  marked ? "The dotted line stands at the best record." : ""));
}

}  // namespace

std::vector<std::string> figure_names(const History& history) {
  std::vector<std::string> names;
  for (const Record& record : history)
    for (const Figure& figure : record.figures)
      if (std::find(names.begin(), names.end(), figure.name) == names.end()) names.push_back(figure.name);
  return names;
}

const Record* best_record(const History& history) {
  const auto best = std::find_if(history.rbegin(), history.rend(), [](const Record& record) { return record.best; });
  return best == history.rend() ? nullptr : &*best;
}

std::string spoken(const std::string& name) {
  const std::string part = part_of(name);
  std::string text = part == "train_" ? "training " : part == "valid_" ? "validation " : part;
  std::string figure = name.substr(part.size());
  if (std::ranges::find(abbreviations, figure) != abbreviations.end())
    for (char& letter : figure)
      if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  text += figure;
  std::replace(text.begin(), text.end(), '_', ' ');
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string training_charts(const TrainingReport& report, report::Figures& figures) {
  std::vector<Panel> panels = panels_of(report.history);
  if (panels.empty() && !report.steps.empty()) panels = {{"loss", {}}};
  std::string out;
  for (const Panel& panel : panels) out += panel_figure(report, panel, figures);
  if (report.steps.empty()) return out;
  const LineChart rate{.title = "Learning rate",
                       .unit = "",
                       .x_title = "step",
                       .series = {steps_series(report.steps, &StepPoint::learning_rate, "learning rate")},
                       .y_low = 0};
  out += figures(report::line_chart(rate), "Of the first group of parameters.");
  const LineChart norm{.title = "Gradient norm",
                       .unit = "",
                       .x_title = "step",
                       .series = smoothed_steps(report, &StepPoint::grad_norm, "smoothed")};
  return out + figures(draw(norm), "Of all gradients together, before clipping.");
}

}  // namespace grus::training
