#include "examples/support/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "examples/support/axis.h"
#include "examples/support/markup.h"
#include "examples/support/svg.h"

namespace grus::chart {
namespace {

// Blue, vermilion, green and purple are told apart by colour-blind readers, and by lightness in grey print.
constexpr std::array<std::string_view, 4> colours = {"#1f5f99", "#c8452b", "#3d8b57", "#7a57a8"};

std::string_view colour(size_t series) { return colours[series % colours.size()]; }

// Lines are dashed where the colours come round again.
std::string_view dashes(size_t series) {
  constexpr std::array<std::string_view, 3> patterns = {"", " stroke-dasharray=\"6 4\"", " stroke-dasharray=\"1 4\""};
  return patterns[std::min(series / colours.size(), patterns.size() - 1)];
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

bool drawable(const Point& p, bool logarithmic) {
  return std::isfinite(p.x) && std::isfinite(p.y) && (!logarithmic || p.y > 0);
}

std::string grid_and_y_labels(const Axis& y, double left, double right) {
  std::string lines, labels;
  for (const Tick& tick : y.ticks) {
    append(lines, "M{} {}H{}", px(left), px(y(tick.value)), px(right));
    labels += label({.x = left - 8, .y = y(tick.value) + 4, .anchor = "end", .more = muted}, tick.label);
  }
  return fmt::format(R"(<path class="grid" d="{}" fill="none" stroke="#e4e4df"/>)", lines) + labels + "\n";
}

// The widest label decides where the plot begins.
double left_margin(const Axis& y) {
  double width = 0;
  for (const Tick& tick : y.ticks) width = std::max(width, text_width(tick.label, 12));
  return width + 12;
}

// A gap in the data is a gap in the line.
std::string path_through(const std::vector<Point>& points, const Axis& x, const Axis& y) {
  std::string path;
  char step = 'M';
  for (const Point& p : points) {
    if (!drawable(p, y.logarithmic)) {
      step = 'M';
      continue;
    }
    append(path, "{}{} {}", step, px(x(p.x)), px(y(p.y)));
    step = 'L';
  }
  return path;
}

std::string dot(double x, double y, double radius, size_t series, std::string_view tooltip) {
  return fmt::format(R"(<circle class="f{}" cx="{}" cy="{}" r="{}" fill="{}"><title>{}</title></circle>)"
                     "\n",
                     series, px(x), px(y), px(radius), colour(series), escape(tooltip));
}

std::string draw_series(const LineChart& chart, size_t index, const Axis& x, const Axis& y) {
  const Series& series = chart.series[index];
  std::string out = fmt::format(
      R"(<path class="s{}" d="{}" fill="none" stroke="{}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"{}/>)"
      "\n",
      index % colours.size(), path_through(series.points, x, y), colour(index), dashes(index));
  const double radius = series.points.size() > 40 ? 1.2 : 2.6;
  if (series.points.size() > 400) return out;
  for (const Point& p : series.points)
    if (drawable(p, y.logarithmic))
      out += dot(x(p.x), y(p.y), radius, index % colours.size(),
                 fmt::format("{} {:g}: {} {:.4g}", chart.x_title, p.x, series.name, p.y));
  return out;
}

// The legend stands on the line of the unit, flush right.
std::string legend(const LineChart& chart) {
  if (chart.series.size() < 2) return "";
  std::string out;
  double right = chart_width - 10;
  for (size_t i = chart.series.size(); i-- > 0;) {
    const std::string& name = chart.series[i].name;
    out += label({.x = right, .y = 36, .anchor = "end"}, name);
    right -= text_width(name, 12) + 6;
    append(out, R"(<path class="s{0}" d="M{1} 32h-16" stroke="{2}" stroke-width="3" stroke-linecap="round"{3}/>)",
           i % colours.size(), px(right), colour(i), dashes(i));
    right -= 32;
  }
  return out + "\n";
}

std::string draw_mark(const Mark& mark, const Axis& x, const Axis& y) {
  const double at = x(mark.point.x);
  std::string out = fmt::format(
      R"(<path class="guide" d="M{} {}V{}" fill="none" stroke="#9a9d98" stroke-dasharray="2 4" stroke-linecap="round"/>)"
      "\n",
      px(at), px(y.start), px(y.end));
  if (mark.label.empty() || !drawable(mark.point, y.logarithmic)) return out;
  const double height = y(mark.point.y);
  append(out, R"(<circle class="f1" cx="{}" cy="{}" r="5" fill="{}"/>)", px(at), px(height), colour(1));
  // The label goes below the line where there is room: under a rising curve nothing is drawn.
  const bool below = height + 40 < y.start;
  const bool leftwards = at > (x.start + x.end) / 2;
  const std::string style = fmt::format(R"({} font-weight="600")", halo);
  return out + label({.x = at + (leftwards ? -9 : 9),
                      .y = below ? height + 30 : height - 14,
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

std::string base_line(double left, double right, double y) {
  return fmt::format(R"(<path class="axis" d="M{} {}H{}" fill="none" stroke="#8b8e8a"/>)"
                     "\n",
                     px(left), px(y), px(right));
}

}  // namespace

std::string line_chart(const LineChart& chart) {
  Range xs, ys;
  for (const Series& series : chart.series)
    for (const Point& p : series.points)
      if (drawable(p, chart.logarithmic)) xs.include(p.x), ys.include(p.y);
  if (xs.low > xs.high) return empty_chart(chart.title, "nothing measured");
  if (chart.y_low) ys.low = std::min(ys.low, *chart.y_low);

  Axis y = chart.logarithmic ? logarithmic_axis(ys.low, ys.high) : linear_axis(ys.low, ys.high, 5, false, true);
  y.start = chart_height - 46;
  y.end = 56;
  Axis x = linear_axis(xs.low, xs.high, 10, true, false);
  if (xs.low == xs.high) x.ticks = {{xs.low, fmt::format("{:g}", xs.low)}};
  x.start = left_margin(y);
  x.end = chart_width - std::max(10.0, text_width(x.ticks.back().label, 12) / 2 + 2);

  std::string out = open_svg(chart_width, chart_height, chart.title);
  out += heading(chart.title, chart.unit) + legend(chart) + grid_and_y_labels(y, x.start, x.end);
  out += base_line(x.start, x.end, y.start) + x_labels(x, y.start, chart.x_title);
  for (size_t i = 0; i < chart.series.size(); ++i) out += draw_series(chart, i, x, y);
  if (chart.mark) out += draw_mark(*chart.mark, x, y);
  return out + "</svg>\n";
}

std::string bin_chart(const BinChart& chart) {
  Range values;
  int64_t largest = 1;
  for (const Bin& bin : chart.bins) {
    if (std::isfinite(bin.value)) values.include(bin.value);
    largest = std::max(largest, bin.count);
  }
  if (values.low > values.high) return empty_chart(chart.title, "nothing measured");

  Axis y = linear_axis(std::min(values.low, 0.0), values.high, 5, false, true);
  y.start = 188;
  y.end = 64;
  const double left = std::max(left_margin(y), 36.0), right = chart_width - 10, bars_base = 254, bars_height = 30;
  const double slot = (right - left) / static_cast<double>(chart.bins.size());
  const auto center = [&](size_t i) { return left + (static_cast<double>(i) + 0.5) * slot; };
  const size_t stride = static_cast<size_t>(std::ceil(30 / slot));  // crowded labels: every second, third, ...

  Axis x;  // bin i stands at i
  x.low = -0.5, x.high = static_cast<double>(chart.bins.size()) - 0.5, x.start = left, x.end = right;
  std::vector<Point> points;
  std::string dots, bars, labels;
  for (size_t i = 0; i < chart.bins.size(); ++i) {
    const Bin& bin = chart.bins[i];
    const double height = std::max(bars_height * static_cast<double>(bin.count) / static_cast<double>(largest), 0.5);
    points.push_back({static_cast<double>(i), bin.value});
    append(bars, R"(<rect x="{}" y="{}" width="{}" height="{}"><title>{}: {}</title></rect>)",
           px(center(i) - slot * 0.36), px(bars_base - height), px(slot * 0.72), px(height), escape(bin.label),
           bin.count);
    if (std::isfinite(bin.value))
      dots += dot(center(i), y(bin.value), 3.2, 0, fmt::format("{}: {:.1f} ({})", bin.label, bin.value, bin.count));
    if (i % stride != 0) continue;
    labels += label({.x = center(i), .y = bars_base + 16, .size = 11, .anchor = "middle", .more = muted}, bin.label);
    labels += label({.x = center(i), .y = bars_base - height - 4, .size = 10, .anchor = "middle", .more = muted},
                    grouped(bin.count));
    if (std::isfinite(bin.value))
      labels += label({.x = center(i), .y = y(bin.value) - 9, .size = 11, .anchor = "middle", .more = halo},
                      fmt::format("{:.1f}", bin.value));
  }
  std::string out = open_svg(chart_width, chart_height, chart.title) + heading(chart.title, chart.unit);
  out += grid_and_y_labels(y, left, right);
  append(out,
         R"(<path class="s0" d="{}" fill="none" stroke="{}" stroke-width="2" stroke-linejoin="round"/>)"
         "\n",
         path_through(points, x, y), colour(0));
  append(out,
         R"(<g class="bars" fill="#c9cdd0">{}</g>)"
         "\n{}{}",
         bars, dots, labels);
  out += base_line(left, right, bars_base);
  out += label({.x = right, .y = 36, .size = 11, .anchor = "end", .more = muted}, chart.count_title);
  out += label({.x = (left + right) / 2, .y = bars_base + 36, .anchor = "middle", .more = muted}, chart.x_title);
  return out + "</svg>\n";
}

std::string standalone(std::string_view svg) {
  const size_t inside = svg.find('>') + 1;
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n{}{}", svg.substr(0, inside),
                     R"(<rect width="100%" height="100%" fill="#ffffff"/>)", svg.substr(inside));
}

}  // namespace grus::chart
