#pragma once
// A map of many labelled points: labels that have room are drawn, the others wait for the pointer or for a closer look.
// Sources: label_map.cpp (where labels go), label_map_page.cpp.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grus::report {

struct MapPoint {
  double x = 0, y = 0;  // any unit; the map keeps the ratio of both axes
  std::string label;
  double weight = 1;               // larger: labelled first, and a larger dot
  size_t group = 0;                // an index into LabelMap::groups
  std::vector<int32_t> near = {};  // others to point at, by their index
  std::string note = {};           // further words for the pointer
};

struct LabelMap {
  std::string description;
  std::vector<MapPoint> points = {};
  std::vector<std::string> groups = {};  // for the legend; at most four have a colour of their own
  double width = 960;
};

/// The side on which a label stands beside its dot.
enum class Side : int8_t { none, right, left, above, below };

/// A box is given by its corners.
struct Box {
  double left, top, right, bottom;
  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

/// Returns the box of a label of this width beside (x, y).
Box label_box(double x, double y, double width, Side side);

/// Chooses for each point (x, y, width of its label) a side where its label meets no other label, no dot of a labelled
/// point and no edge; earlier points choose first. Every point may become none.
std::vector<Side> place_labels(const std::vector<std::array<double, 3>>& points, const Box& edges);

/// Returns SVG, `width` wide, with the labels that have room; the others are hidden in it. Coordinates that are not
/// finite are left out. With map_script in the page it can be moved, zoomed, searched and asked.
std::string label_map(const LabelMap& map);

/// Returns the map with its buttons, search box and legend, as HTML for a page that has map_style and map_script.
std::string interactive_map(const LabelMap& map);

extern const std::string_view map_style, map_script;

}  // namespace grus::report
