#pragma once
// Charts as SVG text. Colours and fonts are attributes for a light page, so that a picture stands alone in any viewer;
// the classes (chart, muted, grid, axis, guide, halo, s0, s1, f0, f1, cells, ground) let a page restyle it, dark mode
// included. Numbers that are not finite, or beyond 1e100, are left out; nothing to draw gives a picture that says so.
// Sources: chart.cpp, chart_parts.h, chart_parts.cpp, bin_chart.cpp, heat_map.cpp.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grus::report {

struct Point {
  double x, y;
};

struct Series {
  std::string name;
  std::vector<Point> points;
  bool faint = false;  // thin and pale, in the colour of the series before, which smooths it
};

/// A vertical line at a point of the first series; with a label the point is drawn too.
struct Mark {
  Point point;
  std::string label;
};

/// A range around a line, pale, in the colour of the series that it belongs to.
struct Band {
  size_t series = 0;  // its place among the chart's
  std::vector<Point> low = {}, high = {};
};

struct LineChart {
  std::string title, unit, x_title;
  std::vector<Series> series = {};  // from the fifth on, colours come again, dashed
  std::vector<Band> bands = {};     // below all lines
  std::vector<Mark> marks = {};
  bool logarithmic = false, logarithmic_x = false;
  std::optional<double> y_low = {};  // the y axis reaches down to here
};

/// Draws a chart of fixed size, 480 x 300, whose x is a whole number (an epoch, a step) unless its axis is logarithmic.
std::string line_chart(const LineChart& chart);

struct Bin {
  std::string label;
  double value;
  int64_t count;
};

struct BinChart {
  std::string title, unit, x_title, count_title;
  std::vector<Bin> bins;
};

/// Draws one value for each bin as a line, and below it the counts as bars. The size is fixed, 480 x 300.
std::string bin_chart(const BinChart& chart);

struct HeatMap {
  std::vector<std::string> columns;  // along the top
  std::vector<std::string> rows;     // down the left
  std::vector<float> weights;        // (rows, columns), between 0 (paper) and 1 (ink)
  std::string description;           // for readers who cannot see it
};

/// Draws a cell for each pair of words; cells, labels and legend shrink with the number of words. Throws UsageError
/// when there are not rows x columns weights.
std::string heat_map(const HeatMap& map);

/// Returns the picture as a file of its own: XML declaration, white ground.
std::string standalone(std::string_view svg);

}  // namespace grus::report
