#include "report/label_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "report/markup.h"
#include "report/svg.h"

namespace grus::report {
namespace {

constexpr double font = 11, gap = 5, margin_x = 56, margin_y = 22;
constexpr int64_t longest_name = 44;  // columns

// Holds boxes by the cells of a grid that they touch.
class Occupied {
 public:
  bool free(const Box& box) const {
    bool hit = false;
    each_cell(box, [&](size_t cell) {
      for (const Box& other : cells_[cell]) hit |= box.meets(other);
    });
    return !hit;
  }
  void take(const Box& box) {
    each_cell(box, [&](size_t cell) { cells_[cell].push_back(box); });
  }

 private:
  static constexpr int64_t side = 64, cell_size = 40;  // pixels; boxes beyond share the last cell
  template <class Visit>
  void each_cell(const Box& box, const Visit& visit) const {
    const auto index = [](double at) { return std::clamp<int64_t>(static_cast<int64_t>(at) / cell_size, 0, side - 1); };
    for (int64_t row = index(box.top); row <= index(box.bottom); ++row)
      for (int64_t column = index(box.left); column <= index(box.right); ++column)
        visit(static_cast<size_t>(row * side + column));
  }
  std::vector<std::vector<Box>> cells_ = std::vector<std::vector<Box>>(side * side);
};

struct Frame {
  double scale, left, top, low_x, low_y, height;
  double x(const MapPoint& p) const { return left + (p.x - low_x) * scale; }
  double y(const MapPoint& p) const { return top + (p.y - low_y) * scale; }
};

bool has_place(const MapPoint& p) { return std::isfinite(p.x) && std::isfinite(p.y); }

Frame fit(const LabelMap& map) {
  double low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
  for (const MapPoint& p : map.points) {
    if (!has_place(p)) continue;
    low_x = std::min(low_x, p.x), high_x = std::max(high_x, p.x);
    low_y = std::min(low_y, p.y), high_y = std::max(high_y, p.y);
  }
  if (low_x > high_x) low_x = high_x = low_y = high_y = 0;
  const double width = std::max(high_x - low_x, 1e-9), height = std::max(high_y - low_y, 1e-9);
  const double wide = map.width - 2 * margin_x;
  const double tall = std::clamp(wide * height / width, 0.45 * wide, 0.8 * wide);
  const double scale = std::min(wide / width, tall / height);
  return {scale,
          margin_x + (wide - scale * (high_x - low_x)) / 2,
          margin_y + (tall - scale * (high_y - low_y)) / 2,
          low_x,
          low_y,
          tall + 2 * margin_y};
}

std::string anchor(Side side, double radius) {
  const double away = std::max(gap, radius + 2.5);
  switch (side) {
    case Side::left:
      return fmt::format(R"(x="-{}" y="3.8" text-anchor="end")", px(away));
    case Side::above:
      return fmt::format(R"(x="0" y="-{}" text-anchor="middle")", px(away + 1));
    case Side::below:
      return fmt::format(R"(x="0" y="{}" text-anchor="middle")", px(away + 8.5));
    default:
      return fmt::format(R"(x="{}" y="3.8")", px(away));
  }
}

// The area of a dot grows with the logarithm of its weight.
double radius_of(double weight, double largest) {
  const double share = largest > 1 ? std::log(std::max(weight, 1.0)) / std::log(largest) : 0;
  return 1.6 + 2.4 * std::sqrt(std::clamp(share, 0.0, 1.0));
}

std::string point_markup(const MapPoint& p, const Frame& frame, Side side, double radius, int64_t index) {
  static constexpr std::string_view colours[] = {"#1f5f99", "#c8452b", "#3d8b57", "#7a57a8"};
  const size_t colour = std::min<size_t>(p.group, 3);
  const std::string text = shortened(p.label, longest_name);
  std::string out = fmt::format(
      R"x(<g class="pt{}" transform="translate({} {})" data-i="{}" data-w="{}" data-near="{}" data-note="{}">)x",
      side == Side::none ? " off" : "", px(frame.x(p)), px(frame.y(p)), index, px(text_width(text, font)),
      fmt::join(p.near, " "), escape(p.note));
  append(out, R"(<circle r="{}" class="f{}" fill="{}"/>)", px(radius), colour, colours[colour]);
  append(out, R"(<text {} {}{}>{}</text></g>)", anchor(side, radius), halo,
         side == Side::none ? R"( visibility="hidden")" : "", escape(text));
  return out + "\n";
}

}  // namespace

Box label_box(double x, double y, double width, Side side) {
  constexpr double up = 7.5, down = 4.5;  // pixels about the line of the text's middle
  switch (side) {
    case Side::left:
      return {x - gap - width, y - up, x - gap, y + down};
    case Side::above:
      return {x - width / 2, y - gap - up - 4, x + width / 2, y - gap + 0.5};
    case Side::below:
      return {x - width / 2, y + gap - 0.5, x + width / 2, y + gap + up + 4.5};
    default:
      return {x + gap, y - up, x + gap + width, y + down};
  }
}

std::vector<Side> place_labels(const std::vector<std::array<double, 3>>& points, const Box& edges) {
  constexpr double air = 2;
  std::vector<Side> sides;
  Occupied occupied;
  for (const auto& [x, y, width] : points) {
    Side found = Side::none;
    const Box dot{x - 3, y - 3, x + 3, y + 3};
    for (const Side side : {Side::right, Side::left, Side::above, Side::below}) {
      const Box box = label_box(x, y, width, side),
                wide{box.left - air, box.top - air / 2, box.right + air, box.bottom + air / 2};
      const bool inside =
          box.left >= edges.left && box.right <= edges.right && box.top >= edges.top && box.bottom <= edges.bottom;
      if (found != Side::none || !inside || !occupied.free(wide) || !occupied.free(dot)) continue;
      found = side;
      occupied.take(box);
      occupied.take(dot);
    }
    sides.push_back(found);
  }
  return sides;
}

std::string label_map(const LabelMap& map) {
  if (std::none_of(map.points.begin(), map.points.end(), has_place)) return empty_chart(map.description, "no points");
  const Frame frame = fit(map);
  std::vector<size_t> order;
  for (size_t i = 0; i < map.points.size(); ++i)
    if (has_place(map.points[i])) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return map.points[a].weight > map.points[b].weight; });
  std::vector<std::array<double, 3>> places;
  for (const size_t i : order) {
    const MapPoint& p = map.points[i];
    places.push_back({frame.x(p), frame.y(p), text_width(shortened(p.label, longest_name), font)});
  }
  const std::vector<Side> sides = place_labels(places, {2, 2, map.width - 2, frame.height - 2});
  std::string out = open_svg(map.width, frame.height, map.description);
  out.insert(out.find("class=\"chart\"") + 12, " map");
  append(out, R"(<rect class="back" width="{}" height="{}" fill="none" pointer-events="all"/><g class="links"></g>)",
         px(map.width), px(frame.height));
  append(out,
         R"(<g class="points" font-size="{}">)"
         "\n",
         font);
  // Lesser points come first, so that greater ones lie above them.
  for (size_t k = order.size(); k-- > 0;)
    out += point_markup(map.points[order[k]], frame, sides[k],
                        radius_of(map.points[order[k]].weight, map.points[order.front()].weight),
                        static_cast<int64_t>(order[k]));
  return out + "</g></svg>\n";
}

std::string interactive_map(const LabelMap& map) {
  std::string legend;
  for (size_t i = 0; i < map.groups.size(); ++i)
    append(legend, "<span><i class=\"g{}\"></i>{}</span>", std::min<size_t>(i, 3), escape(map.groups[i]));
  return fmt::format(R"(<div class="labelmap">
<div class="maptools"><div class="keys">{}</div><div class="controls">
<input type="search" placeholder="find" aria-label="find a label"/>
<button type="button" data-zoom="1.6" aria-label="closer">+</button><button type="button" data-zoom="0.625" aria-label="farther">−</button><button type="button" data-zoom="0">whole</button>
</div></div>
{}<div class="tip" hidden=""></div></div>
)",
                     legend, label_map(map));
}

}  // namespace grus::report
