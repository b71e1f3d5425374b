#include "report/chart_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/markup.h"
#include "report/svg.h"

namespace grus::report {

namespace {

// Blue, vermilion, green and purple are told apart by colour-blind readers, and by lightness in grey print.
constexpr std::array<std::string_view, colour_count> colours = {"#1f5f99", "#c8452b", "#3d8b57", "#7a57a8"};

constexpr double largest = 1e100;  // axes have room to reckon with what they draw

bool within(double value, const Axis& axis) { return std::abs(value) <= largest && (!axis.logarithmic || value > 0); }

}  // namespace

std::string_view colour(size_t series) { return colours[series % colour_count]; }

std::string grid_and_y_labels(const Axis& y, double left, double right) {
  std::string lines, labels;
  for (const Tick& tick : y.ticks) {
    append(lines, "M{} {}H{}", px(left), px(y(tick.value)), px(right));
    labels += label({.x = left - 8, .y = y(tick.value) + 4, .anchor = "end", .more = muted}, tick.label);
  }
  return fmt::format(R"(<path class="grid" d="{}" fill="none" stroke="#e4e4df"/>)", lines) + labels + "\n";
}

double left_margin(const Axis& y) {
  double width = 0;
  for (const Tick& tick : y.ticks) width = std::max(width, text_width(tick.label, 12));
  return width + 12;
}

std::string path_through(const std::vector<Point>& points, const Axis& x, const Axis& y) {
  std::string path;
  char step = 'M';
  for (const Point& p : points) {
    if (!drawable(p, x, y)) {
      step = 'M';
      continue;
    }
    append(path, "{}{} {}", step, px(x(p.x)), px(y(p.y)));
    step = 'L';
  }
  return path;
}

bool drawable(const Point& p, const Axis& x, const Axis& y) { return within(p.x, x) && within(p.y, y); }

std::string dot(double x, double y, double radius, size_t series, std::string_view tooltip) {
  return fmt::format(R"(<circle class="f{}" cx="{}" cy="{}" r="{}" fill="{}"><title>{}</title></circle>)"
                     "\n",
                     series, px(x), px(y), px(radius), colour(series), escape(tooltip));
}

std::string base_line(double left, double right, double y) {
  return fmt::format(R"(<path class="axis" d="M{} {}H{}" fill="none" stroke="#8b8e8a"/>)"
                     "\n",
                     px(left), px(y), px(right));
}

}  // namespace grus::report
