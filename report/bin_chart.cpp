#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/chart_parts.h"
#include "report/markup.h"
#include "report/svg.h"

namespace grus::report {

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

}  // namespace grus::report
