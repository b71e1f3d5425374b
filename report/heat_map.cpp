#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "report/chart.h"
#include "report/markup.h"
#include "report/svg.h"

namespace grus::report {
namespace {

constexpr int64_t longest_word = 28;  // columns; the tooltips have the whole word
constexpr double slant = 0.7071;      // labels along the top lean by 45 degrees

// All lengths are in pixels.
struct Layout {
  double cell, font, left, top, width, height;
  double right() const { return left + width; }
  double bottom() const { return top + height; }
  double x(size_t column) const { return left + cell * static_cast<double>(column); }
  double y(size_t row) const { return top + cell * static_cast<double>(row); }
};

std::vector<std::string> short_labels(const std::vector<std::string>& words) {
  std::vector<std::string> labels;
  for (const std::string& word : words) labels.push_back(shortened(word, longest_word));
  return labels;
}

Layout lay_out(const std::vector<std::string>& columns, const std::vector<std::string>& rows) {
  Layout layout{};
  const double longer = static_cast<double>(std::max(columns.size(), rows.size()));
  layout.cell = std::clamp(std::floor(620 / longer), 15.0, 22.0);
  layout.font = std::min(12.5, layout.cell * 0.74);
  double widest_row = 0, widest_column = 0;
  for (const std::string& row : rows) widest_row = std::max(widest_row, text_width(row, layout.font));
  for (const std::string& column : columns) widest_column = std::max(widest_column, text_width(column, layout.font));
  layout.left = std::ceil(widest_row + 12);
  layout.top = std::ceil(widest_column * slant + 16);
  layout.width = layout.cell * static_cast<double>(columns.size());
  layout.height = layout.cell * static_cast<double>(rows.size());
  return layout;
}

// Leaning labels of the last columns reach beyond the cells.
double right_edge(const Layout& layout, const std::vector<std::string>& columns) {
  double edge = layout.right() + 2;
  for (size_t s = 0; s < columns.size(); ++s)
    edge = std::max(edge, layout.x(s) + layout.cell / 2 + text_width(columns[s], layout.font) * slant + 10);
  return std::ceil(edge);
}

// A weight that rounds to 0.00 is left out: the ground shows.
std::string cells(const HeatMap& map, const Layout& layout) {
  std::string out = R"(<g class="cells" fill="#123f6d">)"
                    "\n";
  const size_t width = map.columns.size();
  for (size_t t = 0; t < map.rows.size(); ++t)
    for (size_t s = 0; s < width; ++s) {
      const double weight = static_cast<double>(map.weights[t * width + s]);
      if (!(weight >= 0.005)) continue;
      append(out,
             R"(<rect x="{}" y="{}" width="{}" height="{}" fill-opacity="{:.2f}"><title>{} → {}: {:.2f}</title></rect>)"
             "\n",
             px(layout.x(s)), px(layout.y(t)), px(layout.cell), px(layout.cell), std::min(weight, 1.0),
             escape(map.columns[s]), escape(map.rows[t]), weight);
    }
  return out + "</g>\n";
}

// Thin lines of paper between the cells let the eye follow a row.
std::string gaps(const Layout& layout, size_t columns, size_t rows) {
  std::string lines;
  for (size_t s = 1; s < columns; ++s) append(lines, "M{} {}v{}", px(layout.x(s)), px(layout.top), px(layout.height));
  for (size_t t = 1; t < rows; ++t) append(lines, "M{} {}h{}", px(layout.left), px(layout.y(t)), px(layout.width));
  return fmt::format(R"(<path class="gaps" d="{}" fill="none" stroke="#ffffff"/>)"
                     "\n",
                     lines);
}

std::string labels(const Layout& layout, const std::vector<std::string>& columns,
                   const std::vector<std::string>& rows) {
  std::string out;
  for (size_t s = 0; s < columns.size(); ++s) {
    const double x = layout.x(s) + layout.cell / 2 + layout.font * 0.3, y = layout.top - 6;
    const std::string turn = fmt::format(R"turn(transform="rotate(-45 {} {})")turn", px(x), px(y));
    out += label({.x = x, .y = y, .size = layout.font, .more = turn}, columns[s]) + "\n";
  }
  for (size_t t = 0; t < rows.size(); ++t) {
    const double y = layout.y(t) + layout.cell / 2 + layout.font * 0.35;
    out += label({.x = layout.left - 8, .y = y, .size = layout.font, .anchor = "end"}, rows[t]) + "\n";
  }
  return out;
}

std::string legend(const Layout& layout) {
  constexpr double size = 11;
  const double top = layout.bottom() + 10;
  std::string out = label({.x = layout.left, .y = top + 9, .size = 10, .more = muted}, "0");
  append(
      out,
      R"(<rect class="ground" x="{0}" y="{1}" width="{2}" height="{3}" fill="#f1f2f2"/><g class="cells" fill="#123f6d">)",
      px(layout.left + 10), px(top), px(5 * size), px(size));
  for (int i = 1; i < 5; ++i)
    append(out, R"(<rect x="{}" y="{}" width="{}" height="{}" fill-opacity="{}"/>)", px(layout.left + 10 + i * size),
           px(top), px(size), px(size), i * 0.25);
  return out + "</g>" + label({.x = layout.left + 14 + 5 * size, .y = top + 9, .size = 10, .more = muted}, "1") + "\n";
}

}  // namespace

std::string heat_map(const HeatMap& map) {
  require<UsageError>(map.weights.size() == map.rows.size() * map.columns.size(),
                      "[heat_map] need {} x {} weights, got {}", map.rows.size(), map.columns.size(),
                      map.weights.size());
  if (map.weights.empty()) return empty_chart("", "no words to align");
  const std::vector<std::string> columns = short_labels(map.columns), rows = short_labels(map.rows);
  const Layout layout = lay_out(columns, rows);
  std::string out =
      open_svg(std::max(right_edge(layout, columns), layout.left + 90), layout.bottom() + 28, map.description);
  append(out,
         R"(<rect class="ground" x="{}" y="{}" width="{}" height="{}" fill="#f1f2f2"/>)"
         "\n",
         px(layout.left), px(layout.top), px(layout.width), px(layout.height));
  out +=
      cells(map, layout) + gaps(layout, columns.size(), rows.size()) + labels(layout, columns, rows) + legend(layout);
  return out + "</svg>\n";
}

}  // namespace grus::report
