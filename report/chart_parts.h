#pragma once
// What charts of lines and of bins share.
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "report/axis.h"
#include "report/chart.h"

namespace grus::report {

/// Four colours come round again.
std::string_view colour(size_t series);
inline constexpr size_t colour_count = 4;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double value) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
};

std::string grid_and_y_labels(const Axis& y, double left, double right);
/// Returns where the plot begins, which the widest label decides.
double left_margin(const Axis& y);
/// Returns the data of a path, with a gap where a point cannot be drawn.
std::string path_through(const std::vector<Point>& points, const Axis& x, const Axis& y);
bool drawable(const Point& p, const Axis& x, const Axis& y);
std::string dot(double x, double y, double radius, size_t series, std::string_view tooltip);
std::string base_line(double left, double right, double y);

}  // namespace grus::report
