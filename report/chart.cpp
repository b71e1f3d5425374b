#include "report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/chart_parts.h"
#include "report/markup.h"
#include "report/svg.h"

namespace grus::report {
namespace {

// Lines are dashed where the colours come round again.
std::string_view dashes(size_t series) {
  constexpr std::array<std::string_view, 3> patterns = {"", " stroke-dasharray=\"6 4\"", " stroke-dasharray=\"1 4\""};
  return patterns[std::min(series / colour_count, patterns.size() - 1)];
}

constexpr std::string_view pale = " stroke-opacity=\"0.4\"";

// A faint series has the colour of the series before it.
size_t colour_index(const LineChart& chart, size_t index) {
  size_t bold = 0;
  for (size_t i = 0; i <= index; ++i) bold += !chart.series[i].faint;
  return std::max<size_t>(bold, 1) - 1;
}

std::string draw_series(const LineChart& chart, size_t index, const Axis& x, const Axis& y) {
  const Series& series = chart.series[index];
  const size_t shade = colour_index(chart, index);
  std::string out = fmt::format(
      R"(<path class="s{}" d="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round" stroke-linecap="round"{}{}/>)"
      "\n",
      shade % colour_count, path_through(series.points, x, y), colour(shade), series.faint ? 1 : 2,
      series.faint ? pale : "", dashes(shade));
  const double radius = series.points.size() > 40 ? 1.2 : 2.6;
  if (series.faint || series.points.size() > 400) return out;
  for (const Point& p : series.points)
    if (drawable(p, x, y))
      out += dot(x(p.x), y(p.y), radius, shade % colour_count,
                 fmt::format("{} {:g}: {} {:.4g}", chart.x_title, p.x, series.name, p.y));
  return out;
}

// The edge goes along the low points and back along the high ones; those that cannot be drawn are left out.
std::string draw_bands(const LineChart& chart, const Axis& x, const Axis& y) {
  std::string out;
  for (const Band& band : chart.bands) {
    std::vector<Point> edge = band.low;
    edge.insert(edge.end(), band.high.rbegin(), band.high.rend());
    std::erase_if(edge, [&](const Point& p) { return !drawable(p, x, y); });
    const size_t shade = band.series < chart.series.size() ? colour_index(chart, band.series) : band.series;
    append(out, R"(<path class="f{}" d="{}Z" fill="{}" fill-opacity="0.18"/>)", shade % colour_count,
           edge.empty() ? "M0 0" : path_through(edge, x, y), colour(shade));
  }
  return out + (out.empty() ? "" : "\n");
}

std::string draw_all_series(const LineChart& chart, const Axis& x, const Axis& y) {
  std::string out;
  for (const bool faint : {true, false})
    for (size_t i = 0; i < chart.series.size(); ++i)
      if (chart.series[i].faint == faint) out += draw_series(chart, i, x, y);
  return out;
}

// The legend stands on the line of the unit, flush right.
std::string legend(const LineChart& chart) {
  if (chart.series.size() < 2) return "";
  std::string out;
  double right = chart_width - 10;
  for (size_t i = chart.series.size(); i-- > 0;) {
    const std::string& name = chart.series[i].name;
    const size_t shade = colour_index(chart, i);
    out += label({.x = right, .y = 36, .anchor = "end"}, name);
    right -= text_width(name, 12) + 6;
    append(out, R"(<path class="s{0}" d="M{1} 32h-16" stroke="{2}" stroke-width="3" stroke-linecap="round"{3}{4}/>)",
           shade % colour_count, px(right), colour(shade), chart.series[i].faint ? pale : "", dashes(shade));
    right -= 32;
  }
  return out + "\n";
}

// A label goes below its point where there is room: under a rising curve nothing is drawn. Labels of several marks
// stand in lines of their own along the top.
std::string draw_mark(const LineChart& chart, size_t index, const Axis& x, const Axis& y) {
  const Mark& mark = chart.marks[index];
  if (!(mark.point.x >= x.low && mark.point.x <= x.high)) return "";
  const double at = x(mark.point.x);
  std::string out = fmt::format(
      R"(<path class="guide" d="M{} {}V{}" fill="none" stroke="#9a9d98" stroke-dasharray="2 4" stroke-linecap="round"/>)"
      "\n",
      px(at), px(y.start), px(y.end));
  if (mark.label.empty() || !drawable(mark.point, x, y)) return out;
  const double height = y(mark.point.y);
  append(out, R"(<circle class="f1" cx="{}" cy="{}" r="5" fill="{}"/>)", px(at), px(height), colour(1));
  const double beside = height + 40 < y.start ? height + 30 : height - 14;
  const bool leftwards = at > (x.start + x.end) / 2;
  const std::string style = fmt::format(R"({} font-weight="600")", halo);
  return out + label({.x = at + (leftwards ? -9 : 9),
                      .y = chart.marks.size() == 1 ? beside : y.end + 8 + 16 * static_cast<double>(index),
                      .anchor = leftwards ? "end" : "start",
                      .more = style},
                     mark.label);
}

std::string x_labels(const Axis& x, double baseline, const std::string& title) {
  std::string out;
  for (const Tick& tick : x.ticks)
    out += label({.x = x(tick.value), .y = baseline + 18, .anchor = "middle", .more = muted}, tick.label);
  out += label({.x = (x.start + x.end) / 2, .y = baseline + 37, .anchor = "middle", .more = muted}, title);
  return out + "\n";
}

// Writes long counts short: "200k", "1.5M".
void shorten_counts(std::vector<Tick>& ticks) {
  if (ticks.empty() || std::abs(ticks.back().value) < 1e5) return;
  const double step = ticks.size() > 1 ? ticks[1].value - ticks[0].value : ticks[0].value;
  if (step < 1e-5 * std::abs(ticks.back().value)) return;  // six digits would not tell them apart
  const bool millions = std::abs(ticks.back().value) >= 2e6;
  for (Tick& tick : ticks)
    if (tick.value != 0) tick.label = fmt::format("{:g}{}", tick.value / (millions ? 1e6 : 1e3), millions ? "M" : "k");
}

// The fewer ticks, the more room each label has.
Axis x_axis(const LineChart& chart, const Range& xs, double start) {
  Axis x;
  for (int wanted = 10; wanted > 0; wanted /= 2) {
    x = chart.logarithmic_x ? logarithmic_axis(xs.low, xs.high) : linear_axis(xs.low, xs.high, wanted, true, false);
    if (xs.low == xs.high) x.ticks = {{xs.low, fmt::format("{:g}", xs.low)}};
    if (!chart.logarithmic_x) shorten_counts(x.ticks);
    double widest = 0;
    for (const Tick& tick : x.ticks) widest = std::max(widest, text_width(tick.label, 12));
    const double last = x.ticks.empty() ? 0 : text_width(x.ticks.back().label, 12);
    x.start = start;
    x.end = chart_width - std::max(10.0, last / 2 + 2);
    if (x.ticks.size() < 2 || x(x.ticks[1].value) - x(x.ticks[0].value) > widest + 6) break;
  }
  return x;
}

}  // namespace

std::string line_chart(const LineChart& chart) {
  const Axis given_x{.logarithmic = chart.logarithmic_x}, given_y{.logarithmic = chart.logarithmic};
  Range xs, ys;
  for (const Series& series : chart.series)
    for (const Point& p : series.points)
      if (drawable(p, given_x, given_y)) xs.include(p.x), ys.include(p.y);
  for (const Band& band : chart.bands)
    for (const std::vector<Point>* side : {&band.low, &band.high})
      for (const Point& p : *side)
        if (drawable(p, given_x, given_y)) xs.include(p.x), ys.include(p.y);
  if (xs.low > xs.high) return empty_chart(chart.title, "nothing measured");
  if (chart.y_low) ys.low = std::min(ys.low, *chart.y_low);

  Axis y = chart.logarithmic ? logarithmic_axis(ys.low, ys.high) : linear_axis(ys.low, ys.high, 5, false, true);
  y.start = chart_height - 46;
  y.end = 56;
  const Axis x = x_axis(chart, xs, left_margin(y));

  std::string out = open_svg(chart_width, chart_height, chart.title);
  out += heading(chart.title, chart.unit) + legend(chart) + grid_and_y_labels(y, x.start, x.end);
  out += base_line(x.start, x.end, y.start) + x_labels(x, y.start, chart.x_title);
  out += draw_bands(chart, x, y) + draw_all_series(chart, x, y);
  for (size_t i = 0; i < chart.marks.size(); ++i) out += draw_mark(chart, i, x, y);
  return out + "</svg>\n";
}

std::string standalone(std::string_view svg) {
  const size_t inside = svg.find('>') + 1;
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n{}{}", svg.substr(0, inside),
                     R"(<rect width="100%" height="100%" fill="#ffffff"/>)", svg.substr(inside));
}

}  // namespace grus::report
